// Inside WeChat a tap opens WeChat's own payment sheet. What the sheet answers proves nothing, so it is not read: whatever
// it says, the server asks WeChat Pay and draws the page anew, with the same button for the same payment if it is unpaid.
"use strict";
(() => {
  let isOpen = false;
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-bridge]");
    if (!button || isOpen) return;
    isOpen = true; // one tap, one sheet
    const { bridge, fields, back, sending } = button.dataset;
    button.disabled = true;
    button.textContent = sending;
    const pay = () => window.WeixinJSBridge.invoke(bridge, JSON.parse(fields), () => location.assign(back));
    if (window.WeixinJSBridge) pay();
    else document.addEventListener("WeixinJSBridgeReady", pay, { once: true });
  });
})();
