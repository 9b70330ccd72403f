"use strict";
const form = document.getElementById("owner");
const said = document.getElementById("said");
const token = location.hash.slice(1);
if (!token) said.textContent = "This page is opened by the link that the server's console shows.";
// The token works once; it does not stay in the address or the history.
history.replaceState(null, "", location.pathname);
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const values = Object.fromEntries(new FormData(form));
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
  const language = (navigator.language || "en").slice(0, 2);
  const answer = await fetch("/v1/owner", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ ...values, token, zone, language }),
  });
  if (answer.ok) {
    form.replaceChildren("You own this installation now.");
    return;
  }
  const problem = await answer.json().catch(() => ({ detail: answer.statusText }));
  said.textContent = [problem.detail, problem.remedy].filter(Boolean).join(" ");
});
