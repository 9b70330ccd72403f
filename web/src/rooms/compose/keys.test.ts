// @vitest-environment happy-dom
import { describe, expect, it, vi } from 'vitest';
import { actOf } from './keys';

const acts = { go: vi.fn(), schedule: vi.fn(), save: vi.fn(), tab: vi.fn(), undo: vi.fn(), redo: vi.fn() };
const key = (given: Partial<KeyboardEvent>) =>
  actOf(
    { key: '', code: '', ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, target: null, ...given },
    acts,
  );

describe('a key', () => {
  it('publishes, schedules and stores on every system', () => {
    expect(key({ key: 'Enter', ctrlKey: true })).toBe(acts.go);
    expect(key({ key: 'Enter', metaKey: true })).toBe(acts.go);
    expect(key({ code: 'KeyS', metaKey: true })).toBe(acts.save);
    expect(key({ code: 'KeyS', ctrlKey: true, shiftKey: true })).toBe(acts.schedule);
  });

  it('leads to a tab by its place on the keyboard, whatever letter it gives', () => {
    key({ key: '¡', code: 'Digit1', altKey: true })?.();
    expect(acts.tab).toHaveBeenCalledWith(0);
  });

  it('undoes and redoes by its letter, wherever that stands on the keyboard', () => {
    expect(key({ key: 'z', code: 'KeyY', ctrlKey: true })).toBe(acts.undo);
    expect(key({ key: 'Z', code: 'KeyZ', metaKey: true, shiftKey: true })).toBe(acts.redo);
    expect(key({ key: 'y', code: 'KeyZ', ctrlKey: true })).toBe(acts.redo);
    expect(key({ key: 'я', code: 'KeyZ', ctrlKey: true })).toBe(acts.undo);
    expect(key({ key: 'z', code: 'KeyZ' })).toBeUndefined();
  });

  it('undoes letters of the draft, and leaves a field to search in its own', () => {
    document.body.innerHTML =
      '<input id="search"><div data-draft><textarea id="text"></textarea></div><button id="on"></button>';
    const undo = (id: string) => key({ key: 'z', ctrlKey: true, target: document.getElementById(id) });
    expect([undo('text'), undo('on'), undo('search')]).toEqual([acts.undo, acts.undo, undefined]);
  });

  it('is left to the text without Ctrl, ⌘ or Alt', () => {
    expect(key({ key: 'Enter' })).toBeUndefined();
    expect(key({ code: 'Digit1' })).toBeUndefined();
    expect(key({ key: 'Enter', ctrlKey: true, shiftKey: true })).toBeUndefined();
  });
});
