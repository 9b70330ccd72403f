import { toast } from '@/design/Toast';

/** Notices that offer to take a change of the draft back. They end with the page that the change was made on. */
const open = new Set<() => void>();

export function undoable(title: string, undo: { label: string; onPress: () => void }): void {
  open.add(toast({ title, action: undo }));
}

export function endUndoables(): void {
  open.forEach((close) => close());
  open.clear();
}
