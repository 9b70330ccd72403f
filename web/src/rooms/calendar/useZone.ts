import { useState } from 'react';

const KEY = 'fanfare.calendar.zone';

function stored(): boolean {
  try {
    return localStorage.getItem(KEY) === 'mine';
  } catch {
    return false;
  }
}

/** The zone of the workspace, or one's own where that was chosen on this device. */
export function useZone(workspace: string, mine: string): [string, (whose: 'workspace' | 'mine') => void] {
  const [isMine, setMine] = useState(stored);
  const choose = (whose: 'workspace' | 'mine') => {
    setMine(whose === 'mine');
    try {
      if (whose === 'mine') localStorage.setItem(KEY, whose);
      else localStorage.removeItem(KEY);
    } catch {
      // Without storage the choice lasts as long as the page.
    }
  };
  return [isMine ? mine : workspace, choose];
}
