// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { useRef } from 'react';
import { afterEach, expect, test, vi } from 'vitest';
import { useRoving } from './useRoving';

afterEach(cleanup);

const written = vi.fn();

/** Three days: one with two posts, an empty one, one with a post. Each begins with its way to a new post. */
function Days({ posts: days = [['one', 'two'], [], ['three']] }: { posts?: string[][] }) {
  const place = useRef<HTMLDivElement>(null);
  const { onKeyDown, onFocus } = useRoving(place, () => {});
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: as on the page.
    <div ref={place} onKeyDown={onKeyDown} onFocus={onFocus}>
      {days.map((posts, day) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the days stay.
        <div key={day}>
          <button type="button" tabIndex={-1} data-stop={day} data-write="" onClick={() => written(day)}>
            {`new ${day}`}
          </button>
          {posts.map((post) => (
            <button key={post} type="button" tabIndex={-1} data-stop={day} data-entry={post}>
              {post}
            </button>
          ))}
        </div>
      ))}
    </div>
  );
}

const here = () => document.activeElement?.textContent;
const press = (...keys: string[]) =>
  keys.forEach((key) => fireEvent.keyDown(document.activeElement ?? document.body, { key }));

test('arrow keys go from post to post, and by days to empty ones too', () => {
  render(<Days />);
  const first = screen.getByText('one');
  expect(first.tabIndex).toBe(0);
  first.focus();
  press('ArrowDown');
  expect(here()).toBe('two');
  press('ArrowDown');
  expect(here()).toBe('three');
  press('ArrowLeft');
  expect(here()).toBe('new 1');
  press('ArrowLeft');
  expect(here()).toBe('one');
  press('ArrowRight', 'ArrowRight');
  expect(here()).toBe('three');
});

test('the plus key begins a post on the day at hand', () => {
  render(<Days />);
  screen.getByText('three').focus();
  press('+');
  expect(written).toHaveBeenLastCalledWith(2);
});

test('a post that comes after the days are drawn is the first stop, not the way to a new one', () => {
  const { rerender } = render(<Days posts={[[], [], []]} />);
  expect(screen.getByText('new 0').tabIndex).toBe(0);
  rerender(<Days />);
  expect([screen.getByText('new 0').tabIndex, screen.getByText('one').tabIndex]).toEqual([-1, 0]);
});
