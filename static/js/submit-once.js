// A form is sent once per page. Feedback only: the server gives the same order back however often it is sent.
"use strict";
document.querySelectorAll("form[data-submit-once]").forEach((form) => {
  let sent = false;
  form.addEventListener("submit", (event) => {
    if (sent) {
      event.preventDefault();
      return;
    }
    sent = true;
    // After the submission began: disabling on click would stop it.
    form.querySelectorAll("button[type=submit]").forEach((button) => { button.disabled = true; });
    const pressed = event.submitter || form.querySelector("button[type=submit]");
    pressed.textContent = pressed.dataset.sending;
  });
});
// Back may bring this page from the browser's memory with its button still disabled: let the server say what is so.
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});
