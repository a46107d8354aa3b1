// Copies the literal before a copy button. Browsers offer the clipboard only to pages from this machine or over TLS; elsewhere
// the literal is selected, for the keyboard.
import { byId } from "./words.js";

const SHOWN_MS = 2000;

document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("button.copy");
  if (!button) return;
  const code = button.previousElementSibling;
  let done = "Copied.";
  try {
    await navigator.clipboard.writeText(code.textContent);
    button.classList.add("done");
    setTimeout(() => button.classList.remove("done"), SHOWN_MS);
  } catch {
    getSelection().selectAllChildren(code);
    done = "Selected; copy it with the keyboard.";
  }
  byId("announcement").textContent = done;
});
