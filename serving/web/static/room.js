// The pages work without this: it only adds what the vendored components do on their own.
import { initAll } from "./nhsuk-frontend.min.js";

initAll();
