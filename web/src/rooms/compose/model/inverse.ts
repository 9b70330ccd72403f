/**
 * Takes one change back and leaves everything alone that was changed since. Values are compared by what they are; a list whose
 * things have a `key` or a `channel` is compared thing by thing, so that what moved, came or went is found again.
 */
export function inverse<T>(now: T, before: T, after: T): T {
  return undone(now, before, after) as T;
}

type Fields = Record<string, unknown>;

function undone(now: unknown, before: unknown, after: unknown): unknown {
  if (isSame(before, after)) return now;
  if (isSame(now, after)) return before;
  if (isList(now) && isList(before) && isList(after)) return undoneList(now, before, after);
  if (isFields(now) && isFields(before) && isFields(after)) return undoneFields(now, before, after);
  // It was changed again since, and that is what holds.
  return now;
}

function undoneFields(now: Fields, before: Fields, after: Fields): Fields {
  const names = new Set([now, before, after].flatMap((one) => Object.keys(one)));
  const fields = [...names].map((name) => [name, undone(now[name], before[name], after[name])] as const);
  return Object.fromEntries(fields.filter(([, value]) => value !== undefined));
}

function undoneList(now: Fields[], before: Fields[], after: Fields[]): Fields[] {
  const find = (list: Fields[], name: unknown) => list.find((one) => nameOf(one) === name);
  const kept = now.flatMap((one) => {
    const [was, became] = [find(before, nameOf(one)), find(after, nameOf(one))];
    // What the change brought goes again, unless something was done with it since.
    if (!was && became) return isSame(one, became) ? [] : [one];
    return was && became ? [undone(one, was, became) as Fields] : [one];
  });
  // Nothing moved since: everything stands as it stood before, with what came since after its neighbour.
  const stood = names(now.filter((one) => find(after, nameOf(one))));
  const hasMoved = !isSame(
    stood,
    names(after).filter((name) => stood.includes(name)),
  );
  const gone = before.filter((one) => !find(now, nameOf(one)) && !find(after, nameOf(one)));
  const back = hasMoved ? kept : inOrder(kept, names(before));
  return gone.reduce((list, one) => inserted(list, one, names(before)), back);
}

/** Those that are named, in that order; the others stay behind whom they followed. */
function inOrder(list: Fields[], order: unknown[]): Fields[] {
  const others = list.filter((one) => !order.includes(nameOf(one)));
  const ordered: Fields[] = order.flatMap((name) => list.filter((one) => nameOf(one) === name));
  return others.reduce((all, one) => inserted(all, one, names(list)), ordered);
}

/** Puts one behind the nearest of those before it in an order that are there. */
function inserted(list: Fields[], one: Fields, order: unknown[]): Fields[] {
  const earlier = order.slice(0, order.indexOf(nameOf(one)));
  const nearest = earlier.findLast((name) => list.some((other) => nameOf(other) === name));
  const at = list.findIndex((other) => nameOf(other) === nearest);
  return [...list.slice(0, at + 1), one, ...list.slice(at + 1)];
}

const nameOf = (one: Fields) => one.key ?? one.channel;
const names = (list: Fields[]) => list.map(nameOf);

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isList(value: unknown): value is Fields[] {
  return Array.isArray(value) && value.every((one) => isFields(one) && nameOf(one) !== undefined);
}

/** Whether two values say the same. */
export function isSame(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((value, place) => isSame(value, other[place]));
  }
  if (!isFields(one) || !isFields(other)) return false;
  const fields = [...new Set([...Object.keys(one), ...Object.keys(other)])];
  return fields.every((name) => isSame(one[name], other[name]));
}
