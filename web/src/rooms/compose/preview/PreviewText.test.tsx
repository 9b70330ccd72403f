// @vitest-environment happy-dom
import { cleanup, render } from '@testing-library/react';
import i18next from 'i18next';
import { Suspense } from 'react';
import { afterEach, beforeAll, expect, it } from 'vitest';
import { startLanguage } from '@/app/language';
import { PreviewText } from './PreviewText';

beforeAll(startLanguage);
afterEach(cleanup);

async function shown(text: string, fits?: number, spans: Parameters<typeof PreviewText>[0]['read']['spans'] = []) {
  await i18next.changeLanguage('en');
  await i18next.loadNamespaces('compose');
  const { container } = render(
    <Suspense>
      <PreviewText read={{ text, spans, ...(fits === undefined ? {} : { fits }) }} />
    </Suspense>,
  );
  return container;
}

it('shows a text that fits whole, as long as it is', async () => {
  const text = 'word '.repeat(5_000);
  expect((await shown(text)).textContent).toBe(text);
});

it('draws of 25,000 letters that do not fit little more than what does, and counts the rest', async () => {
  const place = await shown('a'.repeat(25_000), 300);
  expect(place.textContent?.length).toBeLessThan(600);
  expect(place.textContent).toContain('24,540 more characters');
  expect(place.querySelector('mark')?.textContent).toBe(`${'a'.repeat(160)}…`);
});

it('draws no link that begins or ends beyond what fits', async () => {
  const text = 'see https://example.org/one and https://example.org/two';
  const link = (start: number) => ({
    start,
    end: start + 23,
    kind: 'link' as const,
    target: text.slice(start, start + 23),
  });
  const place = await shown(text, 40, [link(4), link(32)]);
  expect([...place.querySelectorAll('[data-kind]')].map((one) => one.textContent)).toEqual(['https://example.org/one']);
  expect(place.textContent).toBe(text);
});
