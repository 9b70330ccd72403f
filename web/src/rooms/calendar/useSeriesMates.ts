import { type RefObject, useMemo } from 'react';

/**
 * Marks all occurrences of a series while the pointer or the keyboard is on one of them, so that it is seen as one thing. Done
 * in the page and not in the state: hundreds of entries would be drawn again for each step of the pointer.
 */
export function useSeriesMates(place: RefObject<HTMLElement | null>) {
  return useMemo(() => {
    const mark = (target: EventTarget | null) => {
      const on = target instanceof Element ? target.closest<HTMLElement>('[data-series]')?.dataset.series : undefined;
      for (const one of place.current?.querySelectorAll<HTMLElement>('[data-series]') ?? [])
        one.toggleAttribute('data-mate', one.dataset.series === on);
    };
    const onTarget = ({ target }: { target: EventTarget | null }) => mark(target);
    return { onPointerOver: onTarget, onFocus: onTarget, onPointerLeave: () => mark(null), onBlur: () => mark(null) };
  }, [place]);
}
