// @vitest-environment happy-dom
import { render } from '@testing-library/react';
import { expect, it } from 'vitest';
import { RichText } from './RichText';

it('shows exactly what the platform makes of a text, in units of UTF-16', () => {
  const text = '👉https://example.org/a/long/address #हिन्दी!';
  const { container } = render(
    <RichText
      text={text}
      spans={[
        { start: 2, end: 36, kind: 'link', target: text.slice(2, 36), shown: 'example.org/a/long...' },
        { start: 37, end: 44, kind: 'tag', target: 'हिन्दी' },
      ]}
    />,
  );
  expect(container.textContent).toBe('👉example.org/a/long... #हिन्दी!');
  const coloured = [...container.querySelectorAll('[data-kind]')].map((one) => one.textContent);
  expect(coloured).toEqual(['example.org/a/long...', '#हिन्दी']);
});
