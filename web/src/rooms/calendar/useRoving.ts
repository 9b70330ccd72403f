import { type KeyboardEvent, type RefObject, useEffect } from 'react';

/**
 * One stop of the Tab key for all posts of a view; arrow keys go on from there. What can be reached carries `data-stop`
 * with the number of its day, in the order of the page. The way to a new post (`data-write`) is where a day has nothing
 * else, and behind the plus key on every day.
 */
export function useRoving(place: RefObject<HTMLElement | null>, pickUp: (key: string) => void) {
  // After each change of the page: exactly one is in the Tab order.
  useEffect(() => {
    const all = stops(place.current);
    const first = all.find((one) => !isWrite(one)) ?? all[0];
    const chosen = all.find((one) => one.tabIndex === 0 && (!isWrite(one) || one === document.activeElement)) ?? first;
    for (const one of all) one.tabIndex = one === chosen ? 0 : -1;
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
    if (event.key === '+') {
      event.preventDefault();
      all.find((one) => isWrite(one) && one.dataset.stop === here.dataset.stop)?.click();
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

function isWrite(one: HTMLElement): boolean {
  return one.dataset.write !== undefined;
}

/** The best of a day: what is there, or else the way to something. */
function firstOf(day: string | undefined, all: HTMLElement[]): HTMLElement | undefined {
  const there = all.filter((one) => one.dataset.stop === day);
  return there.find((one) => !isWrite(one)) ?? there[0];
}

function step(key: string, all: HTMLElement[], here: HTMLElement): HTMLElement | undefined {
  const at = all.indexOf(here);
  const day = Number(here.dataset.stop);
  const posts = (some: HTMLElement[]) => some.filter((one) => !isWrite(one));
  if (key === 'ArrowDown') return posts(all.slice(at + 1))[0];
  if (key === 'ArrowUp') return posts(all.slice(0, at)).at(-1);
  if (key === 'ArrowRight') {
    return firstOf(all.slice(at + 1).find((one) => Number(one.dataset.stop) > day)?.dataset.stop, all);
  }
  if (key === 'ArrowLeft') {
    return firstOf(all.slice(0, at).findLast((one) => Number(one.dataset.stop) < day)?.dataset.stop, all);
  }
  if (key === 'Home') return all[0];
  return key === 'End' ? all.at(-1) : undefined;
}
