import { useRef } from 'react';

/**
 * The same object as long as it says the same. Given to a component in `memo`, that one is not drawn again at each key: tabs and chips
 * take longer than the letter. Only for what is plain and small.
 */
export function useSame<T>(value: T): T {
  const kept = useRef({ value, print: JSON.stringify(value) });
  const print = JSON.stringify(value);
  if (kept.current.print !== print) kept.current = { value, print };
  return kept.current.value;
}
