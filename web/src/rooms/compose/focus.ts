/** Where the keyboard goes after parts came, went or moved; once they are drawn. */
export function focusText(part: string, at?: number): void {
  requestAnimationFrame(() => {
    const field = document.getElementById(textId(part));
    if (!(field instanceof HTMLTextAreaElement)) return;
    field.focus();
    if (at !== undefined) field.setSelectionRange(at, at);
  });
}

export function textId(part: string): string {
  return `part-${part}`;
}

/** Goes to what an issue is about, such as an option or a field of a poll: the first of these places that is there. */
export function focusIn(...ids: string[]): void {
  requestAnimationFrame(() => {
    const place = ids.map((id) => document.getElementById(id)).find((found) => found !== null);
    const field =
      place?.querySelector<HTMLElement>('input, textarea, select') ?? place?.querySelector<HTMLElement>('button');
    (field ?? place)?.focus();
    place?.scrollIntoView({ block: 'nearest' });
  });
}
