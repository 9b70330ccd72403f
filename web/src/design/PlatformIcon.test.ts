import { expect, test } from 'vitest';
import { readDrawing } from './PlatformIcon';

test('a drawing keeps its shapes, filled or in lines', () => {
  const lines = readDrawing(
    '<svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2"><path d="M5 4"/></svg>',
  );
  expect(lines).toEqual({
    said: { viewBox: '0 0 24 24', fill: 'none', stroke: 'currentColor', strokeWidth: '2' },
    shapes: [{ name: 'path', said: { d: 'M5 4' } }],
  });
  expect(readDrawing('<svg viewBox="0 0 9 9"><circle cx="4" cy="4" r="2"/></svg>').said.fill).toBe('currentColor');
});

test('nothing else of a drawing comes through: no script, no handler, no address, no colour', () => {
  const drawing = readDrawing(
    '<svg viewBox="0 0 9 9" onload="x()"><script>x()</script><path d="M0 0" onclick="x()" fill="url(https://evil.example)"/><image href="https://evil.example"/><a href="javascript:x()"></a></svg>',
  );
  expect(drawing.shapes).toEqual([{ name: 'path', said: { d: 'M0 0' } }]);
  expect(Object.keys(drawing.said)).toEqual(['fill', 'viewBox']);
});
