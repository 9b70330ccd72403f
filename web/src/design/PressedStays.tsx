import { type FocusEvent, type ReactNode, useRef } from 'react';

/** Between the end of a touch and the focus that it gives. */
const AFTER_TOUCH_MS = 500;

/**
 * Around a toolbar that scrolls: what is pressed keeps the focus. A toolbar gives focus that comes from outside to what had it
 * last, as keys want it; at a press, that would scroll the row away under the finger, and nothing would be pressed.
 */
export function PressedStays({ children }: { children: ReactNode }) {
  const isPressing = useRef(false);
  const over = useRef(0);
  const begin = () => {
    window.clearTimeout(over.current);
    isPressing.current = true;
    const presses = new AbortController();
    const end = () => {
      presses.abort();
      over.current = window.setTimeout(() => {
        isPressing.current = false;
      }, AFTER_TOUCH_MS);
    };
    for (const way of ['pointerup', 'pointercancel']) window.addEventListener(way, end, { signal: presses.signal });
  };
  const keep = (event: FocusEvent) => {
    if (isPressing.current) event.stopPropagation();
  };
  return (
    <div className="contents" onPointerDownCapture={begin} onFocusCapture={keep}>
      {children}
    </div>
  );
}
