const OPENS = 9;
const CLOSES = 18;

/** Whether the shop is open at a time. */
export function openAt(time) {
  return time.getHours() >= OPENS && time.getHours() < CLOSES;
}
