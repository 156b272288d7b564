// Sends the form for the channel's own page; without a script its button does.
"use strict";
// Not form.submit(): a field of the channel may be named "submit" and hide it.
HTMLFormElement.prototype.submit.call(document.getElementById("away"));
