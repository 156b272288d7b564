// A form is sent once per page. Feedback only: the server gives the same order back however often it is sent.
document.querySelectorAll("form[data-submit-once]").forEach((form) => {
  const button = form.querySelector("button[type=submit]");
  let sent = false;
  form.addEventListener("submit", (event) => {
    if (sent) {
      event.preventDefault();
      return;
    }
    sent = true;
    button.disabled = true; // after the submission began: disabling on click would stop it
    button.textContent = button.dataset.sending;
  });
});
// Back may bring this page from the browser's memory with its button still disabled: let the server say what is so.
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});
