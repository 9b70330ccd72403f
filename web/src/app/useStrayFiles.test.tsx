// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { startLanguage } from './language';
import { useStrayFiles } from './useStrayFiles';

beforeAll(startLanguage);
afterEach(cleanup);

function Page() {
  useStrayFiles();
  return <main>page</main>;
}

/** Whether the browser would do its default: open the dropped file instead of the page. */
const opens = (event: 'dragOver' | 'drop', types: string[]) =>
  fireEvent[event](screen.getByText('page'), { dataTransfer: { types } });

test.each(['dragOver', 'drop'] as const)('a file that misses every post never replaces the app (%s)', (event) => {
  render(<Page />);
  expect(opens(event, ['Files'])).toBe(false);
  expect(opens(event, ['text/plain', 'Files'])).toBe(false);
  // Words can be dragged within the page as everywhere.
  expect(opens(event, ['text/plain'])).toBe(true);
});
