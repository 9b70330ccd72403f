import { type PointerEvent as ReactPointerEvent, useEffect, useRef, useState } from 'react';
import type { Entry } from './model/entries';
import { DAY_MS, type Local, MINUTE_MS } from './model/wall';

/** How far the pointer goes before it is a drag and no press, in pixels. */
const BEGINS_AT = 5;
/** Times are dragged by quarters of an hour. */
const STEP_MINUTES = 15;

export interface Drag {
  entry: Entry;
  x: number;
  y: number;
  /** Where it would go; nowhere, while the pointer is outside the days. */
  local: Local | undefined;
}

interface Begun {
  entry: Entry;
  x: number;
  y: number;
  /** How far below the entry's top it was taken. */
  below: number;
  isDragging: boolean;
}

/** The time under the pointer: a day keeps the hour, a day of the week view has one by its height. */
function localAt(begun: Begun, x: number, y: number): Local | undefined {
  const place = document.elementFromPoint(x, y)?.closest<HTMLElement>('[data-day]');
  if (!place) return undefined;
  const day = Number(place.dataset.day);
  if (place.dataset.hours === undefined) return day * DAY_MS + (((begun.entry.local % DAY_MS) + DAY_MS) % DAY_MS);
  const { top, height } = place.getBoundingClientRect();
  const minute = ((y - begun.below - top) / height) * 24 * 60;
  const stepped = Math.round(minute / STEP_MINUTES) * STEP_MINUTES;
  return day * DAY_MS + Math.min(Math.max(stepped, 0), 24 * 60 - STEP_MINUTES) * MINUTE_MS;
}

/** Dragging entries with a mouse or pen. Fingers scroll; for them and for the keyboard there is the bar. */
export function useDrag(
  entryOf: (key: string) => Entry | undefined,
  refuse: (entry: Entry) => boolean,
  drop: (entry: Entry, local: Local) => void,
) {
  const [drag, setDrag] = useState<Drag>();
  const begun = useRef<Begun>(undefined);
  const acts = useRef({ refuse, drop });
  acts.current = { refuse, drop };

  useEffect(() => {
    const end = () => {
      begun.current = undefined;
      setDrag(undefined);
    };
    const move = (event: PointerEvent) => {
      const { current } = begun;
      if (!current) return;
      if (!current.isDragging) {
        if (Math.hypot(event.clientX - current.x, event.clientY - current.y) < BEGINS_AT) return;
        if (acts.current.refuse(current.entry)) return end();
        current.isDragging = true;
      }
      const local = localAt(current, event.clientX, event.clientY);
      setDrag({ entry: current.entry, x: event.clientX, y: event.clientY, local });
    };
    const up = (event: PointerEvent) => {
      const { current } = begun;
      if (current?.isDragging) {
        swallowClick();
        const local = localAt(current, event.clientX, event.clientY);
        if (local !== undefined) acts.current.drop(current.entry, local);
      }
      end();
    };
    const press = (event: KeyboardEvent) => {
      if (event.key !== 'Escape' || !begun.current?.isDragging) return;
      event.preventDefault();
      end();
    };
    document.addEventListener('pointermove', move);
    document.addEventListener('pointerup', up);
    document.addEventListener('pointercancel', end);
    document.addEventListener('keydown', press);
    return () => {
      document.removeEventListener('pointermove', move);
      document.removeEventListener('pointerup', up);
      document.removeEventListener('pointercancel', end);
      document.removeEventListener('keydown', press);
    };
  }, []);

  function onPointerDown(event: ReactPointerEvent): void {
    if (event.button !== 0 || event.pointerType === 'touch' || !(event.target instanceof Element)) return;
    const element = event.target.closest<HTMLElement>('[data-entry]');
    const entry = element && entryOf(element.dataset.entry ?? '');
    if (!entry) return;
    const below = event.clientY - element.getBoundingClientRect().top;
    begun.current = { entry, x: event.clientX, y: event.clientY, below, isDragging: false };
  }

  return { drag, onPointerDown };
}

/** The click that ends a drag opens nothing. */
function swallowClick(): void {
  const stop = (event: MouseEvent) => {
    event.stopPropagation();
    event.preventDefault();
  };
  document.addEventListener('click', stop, { capture: true, once: true });
  setTimeout(() => document.removeEventListener('click', stop, { capture: true }));
}
