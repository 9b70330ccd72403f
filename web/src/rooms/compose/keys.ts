import { useEffect, useMemo, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { type RoomKey, useRoomKeys } from '@/app/shortcuts';

export interface Acts {
  /** Publishes, or stores what is scheduled. */
  go: () => void;
  schedule: () => void;
  save: () => void;
  /** The tab at this place; 0 is the shared text. */
  tab: (place: number) => void;
  undo: () => void;
  redo: () => void;
}

const APPLE = /Mac|iPhone|iPad/.test(globalThis.navigator?.platform ?? '');
const MOD = APPLE ? '⌘' : 'Ctrl';

/** Keys of the composer. They work while one types, so all of them need Ctrl, ⌘ or Alt. */
export function useComposerKeys(acts: Acts): void {
  const { t } = useTranslation('compose');
  const latest = useRef(acts);
  latest.current = acts;
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.defaultPrevented || document.querySelector('[role="dialog"], [role="alertdialog"]')) return;
      const act = actOf(event, latest.current);
      if (!act) return;
      event.preventDefault();
      act();
    };
    // The same from a menu or by shaking a phone. What the browser would undo are letters of one field.
    const input = (event: InputEvent) => {
      const act = { historyUndo: latest.current.undo, historyRedo: latest.current.redo }[event.inputType];
      if (!act || isElsewhere(event.target)) return;
      event.preventDefault();
      act();
    };
    document.addEventListener('keydown', press);
    document.addEventListener('beforeinput', input);
    return () => {
      document.removeEventListener('keydown', press);
      document.removeEventListener('beforeinput', input);
    };
  }, []);
  useRoomKeys(
    useMemo<RoomKey[]>(
      () => [
        { key: `${MOD} Enter`, words: t('keys.go') },
        { key: `${MOD} Shift S`, words: t('keys.schedule') },
        { key: `${MOD} S`, words: t('keys.save') },
        { key: `${MOD} Z`, words: t('keys.undo') },
        { key: `${MOD} Shift Z`, words: t('keys.redo') },
        { key: 'Alt 1', words: t('keys.shared') },
        { key: 'Alt 2…9', words: t('keys.tab') },
        { key: `${MOD} Shift Enter`, words: t('keys.split') },
        { key: 'Alt ↑ ↓', words: t('keys.move') },
        { key: 'Backspace', words: t('keys.merge') },
      ],
      [t],
    ),
  );
}

/** What a key does, by its place on the keyboard: with Alt some systems give another letter. */
export function actOf(
  event: Pick<KeyboardEvent, 'key' | 'code' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey' | 'target'>,
  acts: Acts,
) {
  const { key, code, altKey, shiftKey } = event;
  const isMod = event.ctrlKey || event.metaKey;
  if (isMod && !altKey && key === 'Enter') return shiftKey ? undefined : acts.go;
  if (isMod && !altKey && code === 'KeyS') return shiftKey ? acts.schedule : acts.save;
  if (isMod && !altKey && !isElsewhere(event.target)) {
    // By the letter, which stands elsewhere on some keyboards; by the place where there is no such letter.
    const letter = /^[a-z]$/i.test(key) ? key.toLowerCase() : code.slice(3).toLowerCase();
    if (letter === 'z') return shiftKey ? acts.redo : acts.undo;
    if (letter === 'y' && !shiftKey) return acts.redo;
  }
  const digit = /^Digit([1-9])$/.exec(code)?.[1];
  if (altKey && !isMod && !shiftKey && digit) return () => acts.tab(Number(digit) - 1);
  return undefined;
}

/** Whether someone types in a field that is not of the draft, such as one to search in: that has a history of its own. */
function isElsewhere(target: EventTarget | null): boolean {
  const field = target as Element | null;
  return Boolean(field?.matches?.('input, textarea, [contenteditable]') && !field.closest('[data-draft]'));
}
