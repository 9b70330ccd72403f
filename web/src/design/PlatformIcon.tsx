import { createElement, useMemo } from 'react';
import { usePlatform } from '@/api/hooks';
import { cx } from './cx';
import { Icon } from './Icon';

/** The shapes and what may be said of them. Everything else in a platform's drawing is left out. */
const SHAPES = ['path', 'circle', 'rect', 'ellipse', 'polygon'];
const SAID = [
  'd',
  'cx',
  'cy',
  'r',
  'rx',
  'ry',
  'x',
  'y',
  'width',
  'height',
  'points',
  'fill-rule',
  'clip-rule',
  'transform',
];

interface Drawing {
  viewBox: string;
  shapes: { name: string; said: Record<string, string> }[];
}

/** Reads a platform's icon without letting its text become markup: only shapes in one colour come through. */
export function readDrawing(svg: string): Drawing {
  const viewBox = /viewBox="([\d\s.-]+)"/.exec(svg)?.[1] ?? '0 0 24 24';
  const shapes = [...svg.matchAll(/<([a-z]+)\s([^>]*?)\/?>/g)]
    .filter(([, name]) => SHAPES.includes(name ?? ''))
    .map(([, name = '', text = '']) => ({ name, said: attributes(text) }));
  return { viewBox, shapes };
}

function attributes(text: string): Record<string, string> {
  const pairs = [...text.matchAll(/([a-z-]+)="([^"]*)"/g)].filter(([, name]) => SAID.includes(name ?? ''));
  return Object.fromEntries(pairs.map(([, name = '', value = '']) => [camel(name), value]));
}

function camel(name: string): string {
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** The sign of a platform by its id, in the colour of the text around it. A word or a label is beside it. */
export function PlatformIcon({ platform, className }: { platform: string; className?: string }) {
  const icon = usePlatform(platform)?.icon;
  const drawing = useMemo(() => (icon ? readDrawing(icon) : undefined), [icon]);
  if (!drawing) return <Icon name="globe" {...(className ? { className } : {})} />;
  return (
    <svg viewBox={drawing.viewBox} className={cx('size-5 shrink-0', className)} fill="currentColor" aria-hidden="true">
      {drawing.shapes.map(({ name, said }) => createElement(name, { ...said, key: JSON.stringify(said) }))}
    </svg>
  );
}
