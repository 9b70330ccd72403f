import { describe, expect, it, vi } from 'vitest';
import { actOf } from './keys';

const acts = { go: vi.fn(), schedule: vi.fn(), save: vi.fn(), tab: vi.fn() };
const key = (given: Partial<KeyboardEvent>) =>
  actOf({ key: '', code: '', ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...given }, acts);

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

  it('is left to the text without Ctrl, ⌘ or Alt', () => {
    expect(key({ key: 'Enter' })).toBeUndefined();
    expect(key({ code: 'Digit1' })).toBeUndefined();
    expect(key({ key: 'Enter', ctrlKey: true, shiftKey: true })).toBeUndefined();
  });
});
