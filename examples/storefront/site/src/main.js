import "./style.css";

import { openAt } from "./hours.js";

const hours = document.getElementById("hours");
if (hours) {
  hours.textContent = openAt(new Date()) ? "Open now, until six." : "Closed now; we open at nine.";
}
