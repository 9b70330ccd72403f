/** A key of the keyboard. */
export function Kbd({ children }: { children: string }) {
  return (
    <kbd className="inline-flex h-5.5 min-w-5.5 items-center justify-center rounded-small border border-line bg-sunken px-1.5 font-sans text-small text-quiet">
      {children}
    </kbd>
  );
}
