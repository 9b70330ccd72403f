/** Styles shared by floating lists and dialogs. In a separate file, so that a menu doesn't import them all. */

export const FLOAT =
  'rounded-card border border-line bg-raised text-ink shadow-float outline-none transition-[opacity,translate] ' +
  'data-entering:opacity-0 data-entering:-translate-y-1 data-exiting:opacity-0';

/** A row in a list to choose from, in menus too. */
export const ROW =
  'group flex min-h-11 md:min-h-8 items-center gap-2.5 rounded-small px-2.5 py-1.5 text-body outline-none select-none ' +
  'data-focused:bg-hover data-pressed:bg-press data-disabled:opacity-45';
