// The pages work without this: it only adds what the vendored components do on their own.
import { initAll } from "./nhsuk-frontend.min.js";

initAll();

// Copying: the text stands in a field that can be selected by hand, too.
for (const button of document.querySelectorAll("[data-copy]")) {
  const field = document.getElementById(button.dataset.copy);
  const told = document.querySelector("[data-copied]");
  button.hidden = false;
  button.addEventListener("click", async () => {
    field.focus();
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
      told.textContent = "Copied";
    } catch {
      told.textContent = document.execCommand("copy") ? "Copied" : "Selected: press Ctrl and C to copy";
    }
  });
}
