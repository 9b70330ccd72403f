import { expect, test } from 'vitest';
import { readDrawing } from './PlatformIcon';

test('an icon keeps its shapes, filled or outlined', () => {
  const lines = readDrawing(
    '<svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2"><path d="M5 4"/></svg>',
  );
  expect(lines).toEqual({
    said: { viewBox: '0 0 24 24', fill: 'none', stroke: 'currentColor', strokeWidth: '2' },
    shapes: [{ name: 'path', said: { d: 'M5 4' } }],
  });
  expect(readDrawing('<svg viewBox="0 0 9 9"><circle cx="4" cy="4" r="2"/></svg>').said.fill).toBe('currentColor');
});

test('scripts, handlers, URLs and colours are removed from an icon', () => {
  const drawing = readDrawing(
    '<svg viewBox="0 0 9 9" onload="x()"><script>x()</script><path d="M0 0" onclick="x()" fill="url(https://evil.example)"/><image href="https://evil.example"/><a href="javascript:x()"></a></svg>',
  );
  expect(drawing.shapes).toEqual([{ name: 'path', said: { d: 'M0 0' } }]);
  expect(Object.keys(drawing.said)).toEqual(['fill', 'viewBox']);
});
