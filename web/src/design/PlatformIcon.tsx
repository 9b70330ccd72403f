import { createElement } from 'react';
import { usePlatform } from '@/api/hooks';
import { cx } from './cx';
import { Icon } from './Icon';

/** The allowed shapes and attributes. Everything else in a platform's icon is dropped. */
const SHAPES = ['path', 'circle', 'rect', 'ellipse', 'polygon', 'line', 'polyline'];
const SAID =
  /^(d|cx|cy|r|rx|ry|x|y|x1|x2|y1|y2|width|height|points|transform|(fill|clip)-rule|stroke-(width|linecap|linejoin))$/;
/** An icon has one colour: that of the text around it. */
const PAINT = /^(none|currentColor)$/;

type Said = Record<string, string>;

interface Drawing {
  said: Said;
  shapes: { name: string; said: Said }[];
}

/** Parses a platform's icon safely: only shapes in one colour are kept. */
export function readDrawing(svg: string): Drawing {
  const tags = [...svg.matchAll(/<([a-z]+)\s([^>]*?)\/?>/g)].map(([, name = '', text = '']) => ({ name, text }));
  const root = tags.find(({ name }) => name === 'svg')?.text ?? '';
  const viewBox = /viewBox="([\d\s.-]+)"/.exec(root)?.[1] ?? '0 0 24 24';
  const { width: _, height: __, ...said } = attributes(root);
  const shapes = tags.filter(({ name }) => SHAPES.includes(name));
  return {
    said: { fill: 'currentColor', ...said, viewBox },
    shapes: shapes.map(({ name, text }) => ({ name, said: attributes(text) })),
  };
}

function attributes(text: string): Said {
  const pairs = [...text.matchAll(/([a-z0-9-]+)="([^"]*)"/g)].map(
    ([, name = '', value = '']) => [name, value] as const,
  );
  const kept = pairs.filter(([name, value]) =>
    name === 'fill' || name === 'stroke' ? PAINT.test(value) : SAID.test(name),
  );
  return Object.fromEntries(kept.map(([name, value]) => [camel(name), value]));
}

function camel(name: string): string {
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

const drawings = new Map<string, Drawing>();

function drawingOf(icon: string): Drawing {
  const known = drawings.get(icon) ?? readDrawing(icon);
  drawings.set(icon, known);
  return known;
}

/** A platform's icon by its id, in the colour of the text around it. Use it beside a word or label. */
export function PlatformIcon({ platform, className }: { platform: string; className?: string }) {
  const icon = usePlatform(platform)?.icon;
  return <PlatformDrawing icon={icon} {...(className ? { className } : {})} />;
}

/** The same from a given icon, for places that show hundreds and already have the platforms. */
export function PlatformDrawing({ icon, className }: { icon: string | undefined; className?: string }) {
  if (!icon) return <Icon name="globe" {...(className ? { className } : {})} />;
  const drawing = drawingOf(icon);
  return (
    <svg
      {...drawing.said}
      className={cx(!className?.includes('size-') && 'size-5', 'shrink-0', className)}
      aria-hidden="true"
    >
      {drawing.shapes.map(({ name, said }) => createElement(name, { ...said, key: JSON.stringify(said) }))}
    </svg>
  );
}
