import { type FocusEvent, type ReactNode, useRef } from 'react';

/** Between the end of a touch and the focus that it gives. */
const AFTER_TOUCH_MS = 500;

/**
 * Around a toolbar that scrolls: what is pressed keeps the focus. A toolbar gives focus that comes from outside to what had it
 * last, as keys want it; at a press, that would scroll the row away under the finger, and nothing would be pressed.
 */
export function PressedStays({ children }: { children: ReactNode }) {
  const isPressing = useRef(false);
  const begin = () => {
    isPressing.current = true;
    const end = () => {
      window.removeEventListener('pointerup', end);
      window.removeEventListener('pointercancel', end);
      window.setTimeout(() => {
        isPressing.current = false;
      }, AFTER_TOUCH_MS);
    };
    window.addEventListener('pointerup', end);
    window.addEventListener('pointercancel', end);
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
