import { type KeyboardEvent, type RefObject, useEffect } from 'react';

/**
 * One stop of the Tab key for all posts of a view; arrow keys go on from there. What can be reached carries `data-stop`
 * with the number of its day, in the order of the page.
 */
export function useRoving(place: RefObject<HTMLElement | null>, pickUp: (key: string) => void) {
  // After each change of the page: exactly one is in the Tab order.
  useEffect(() => {
    const all = stops(place.current);
    const chosen = all.filter((one) => one.tabIndex === 0);
    chosen.slice(1).forEach((one) => leave(one));
    if (chosen.length === 0 && all[0]) all[0].tabIndex = 0;
  });

  function onKeyDown(event: KeyboardEvent<HTMLElement>): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const all = stops(place.current);
    const here = all.find((one) => one === event.target);
    if (!here) return;
    if (event.key.toLowerCase() === 'm' && here.dataset.entry) {
      event.preventDefault();
      pickUp(here.dataset.entry);
      return;
    }
    const next = step(event.key, all, here);
    if (!next) return;
    event.preventDefault();
    next.focus();
  }

  function onFocus(event: { target: EventTarget }): void {
    const all = stops(place.current);
    if (!all.includes(event.target as HTMLElement)) return;
    for (const one of all) one.tabIndex = one === event.target ? 0 : -1;
  }

  return { onKeyDown, onFocus };
}

function stops(place: HTMLElement | null): HTMLElement[] {
  return [...(place?.querySelectorAll<HTMLElement>('[data-stop]') ?? [])];
}

function leave(one: HTMLElement): void {
  one.tabIndex = -1;
}

function step(key: string, all: HTMLElement[], here: HTMLElement): HTMLElement | undefined {
  const at = all.indexOf(here);
  const day = Number(here.dataset.stop);
  if (key === 'ArrowDown') return all[at + 1];
  if (key === 'ArrowUp') return all[at - 1];
  if (key === 'ArrowRight') return all.slice(at + 1).find((one) => Number(one.dataset.stop) > day);
  if (key === 'ArrowLeft') {
    const before = all.slice(0, at).filter((one) => Number(one.dataset.stop) < day);
    const nearest = before.at(-1)?.dataset.stop;
    return before.find((one) => one.dataset.stop === nearest);
  }
  if (key === 'Home') return all[0];
  return key === 'End' ? all.at(-1) : undefined;
}
