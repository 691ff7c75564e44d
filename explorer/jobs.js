// Following a job: its progress, its cancellation, and its result. The address holds the job, so a reload loses nothing.
import { cancel, job, mayCancel, problem, result } from "./api.js";
import { element, number } from "./page.js";

const SHORTEST = 300;
const LONGEST = 2000;

/** Show a job's progress inside `place` until it ends; returns its result, or null if it was cancelled or left. */
export async function follow(id, place) {
  const bar = element("progress", { max: 1, "aria-label": "Progress" });
  const status = element("p", { role: "status" }, "Asking for the state…");
  const stop = element("button", { type: "button" }, "Cancel");
  stop.onclick = async () => {
    stop.disabled = true;
    await cancel(id).catch((error) => place.append(problem(error)));
  };
  place.replaceChildren(status, bar, ...(mayCancel(id) ? [stop] : []));
  for (let pause = SHORTEST; place.isConnected; pause = Math.min(1.4 * pause, LONGEST)) {
    const state = await job(id);
    if (state.status === "succeeded") return result(id);
    if (state.status === "failed") {
      place.replaceChildren(problem(await result(id).then(() => new Error("failed"), (error) => error)));
      return null;
    }
    if (state.status === "cancelled") {
      place.replaceChildren(element("p", { role: "status" }, "Cancelled."));
      return null;
    }
    bar.value = state.progress;
    status.textContent = words(state);
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
  return null;
}

function words({ status, position, progress, estimated_seconds_left: left, cancelling, reason }) {
  if (cancelling) return "Stopping at the end of the current step…";
  const rest = left === null || left === undefined ? "" : `, about ${number(Math.max(1, Math.ceil(left)))} s left`;
  if (status === "queued") return position ? `Waiting: ${position} before it${rest}.` : `Starting${rest}.`;
  const again = reason ? ` An earlier attempt failed: ${reason}` : "";
  return `Computing: ${Math.round(100 * progress)} %${rest}.${again}`;
}
