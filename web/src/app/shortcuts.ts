import { useNavigate } from '@tanstack/react-router';
import { useEffect, useSyncExternalStore } from 'react';
import { COMPOSE, PLACES } from './navigation';

/**
 * Single-key shortcuts for frequent actions. They can be turned off (WCAG 2.1.4) and are ignored while someone types or a
 * dialog is open.
 */
const KEY = 'fanfare.shortcuts';
const listeners = new Set<() => void>();

/** A shortcut of the current room. Without an action it is only listed, and the room handles it itself. */
export interface RoomKey {
  /** The key as shown, and as pressed if it has an action. */
  key: string;
  words: string;
  act?: () => void;
}

let roomKeys: readonly RoomKey[] = [];

/** Registers a room's keys while it is shown. Pass a stable list. */
export function useRoomKeys(keys: readonly RoomKey[]): void {
  useEffect(() => {
    roomKeys = keys;
    listeners.forEach((listener) => listener());
    return () => {
      roomKeys = [];
      listeners.forEach((listener) => listener());
    };
  }, [keys]);
}

export function useListedKeys(): readonly RoomKey[] {
  return useSyncExternalStore(subscribe, () => roomKeys);
}

/** How long `g` waits for its second letter. */
const SECOND_KEY_MS = 1_200;

function areOn(): boolean {
  try {
    return localStorage.getItem(KEY) !== 'off';
  } catch {
    return true;
  }
}

export function setShortcuts(on: boolean): void {
  try {
    if (on) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, 'off');
  } catch {
    // Without storage, shortcuts stay on.
  }
  listeners.forEach((listener) => listener());
}

export function useShortcutsOn(): boolean {
  return useSyncExternalStore(subscribe, areOn);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Whether the focused element handles the key itself. */
function isTaken(event: KeyboardEvent): boolean {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return true;
  const target = event.target instanceof Element ? event.target : undefined;
  const isTyped = target?.closest('input, textarea, select, [contenteditable="true"], [role="listbox"], [role="menu"]');
  return Boolean(isTyped) || document.querySelector('[role="dialog"], [role="alertdialog"]') !== null;
}

/** `c`, `g` and a letter, `?`, and the keys of the current room. */
export function useShortcuts(showHelp: () => void): void {
  const navigate = useNavigate();
  useEffect(() => {
    let waits = 0;
    const press = (event: KeyboardEvent) => {
      if (!areOn() || isTaken(event)) return;
      const isSecond = event.timeStamp < waits;
      waits = 0;
      const place = isSecond ? PLACES.find(({ key }) => key === event.key) : undefined;
      const own = roomKeys.find(({ key, act }) => act && key === event.key)?.act;
      if (place) void navigate({ to: place.to });
      else if (own) own();
      else if (event.key === 'g') waits = event.timeStamp + SECOND_KEY_MS;
      else if (event.key === 'c' && COMPOSE) void navigate({ to: COMPOSE });
      else if (event.key === '?') showHelp();
      else return;
      event.preventDefault();
    };
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  }, [navigate, showHelp]);
}
