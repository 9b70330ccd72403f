import { useEffect, useRef, useState } from 'react';

/** How long typing rests before it counts. */
const REST_MS = 250;

/** Something typed, told on when the typing rests; a value that comes from elsewhere replaces it. */
export function useLater(value: string, tell: (value: string) => unknown): [string, (value: string) => void] {
  const [typed, setTyped] = useState(value);
  const latest = useRef(tell);
  latest.current = tell;
  const told = useRef(value);
  useEffect(() => {
    if (value === told.current) return;
    told.current = value;
    setTyped(value);
  }, [value]);
  useEffect(() => {
    if (typed === told.current) return;
    const timer = setTimeout(() => {
      told.current = typed;
      latest.current(typed);
    }, REST_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  return [typed, setTyped];
}
