// Tells the window that opened the sign-up how it ended: first the session in the words of the network, then the code.
const told = JSON.parse(document.body.dataset.told);
if (window.opener) {
  window.opener.postMessage(JSON.stringify(told.session), "*");
  window.opener.postMessage({ arbiter: { code: told.code } }, "*");
  window.close();
}
