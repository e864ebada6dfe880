/** Time, as a parameter: tests bring their own. Delays and instants are milliseconds. */
export interface Clock {
  /** A monotonic instant. */
  now(): number;
  /** Calls `run` once after `delay`; the result takes that back. */
  after(delay: number, run: () => void): () => void;
  /** Calls `run` before the next paint, or soon while the page is hidden. */
  frame(run: () => void): () => void;
}

/** A hidden page gets no animation frames; it is kept up to date at this pace. */
const HIDDEN_FRAME = 100;

export const browserClock: Clock = {
  now: () => performance.now(),
  after(delay, run) {
    const timer = setTimeout(run, delay);
    return () => clearTimeout(timer);
  },
  frame(run) {
    if (document.hidden) return browserClock.after(HIDDEN_FRAME, run);
    let done = false;
    const once = () => {
      stop();
      run();
    };
    const request = requestAnimationFrame(once);
    // The page may be hidden before the frame comes, which then does not come.
    const onHidden = () => {
      if (document.hidden) once();
    };
    document.addEventListener("visibilitychange", onHidden);
    function stop() {
      if (done) return;
      done = true;
      cancelAnimationFrame(request);
      document.removeEventListener("visibilitychange", onHidden);
    }
    return stop;
  },
};
