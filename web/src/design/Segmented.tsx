import { ToggleButton, ToggleButtonGroup } from 'react-aria-components';
import { cx } from './cx';
import { Icon, type IconName } from './Icon';

/** A choice between a few views of the same thing, side by side. */
export function Segmented<T extends string>({
  label,
  value,
  options,
  onChange,
  className,
}: {
  label: string;
  value: T;
  options: readonly { id: T; words: string; icon?: IconName }[];
  onChange: (value: T) => void;
  className?: string;
}) {
  return (
    <ToggleButtonGroup
      aria-label={label}
      selectionMode="single"
      disallowEmptySelection
      selectedKeys={[value]}
      onSelectionChange={(keys) => {
        const chosen = options.find(({ id }) => keys.has(id));
        if (chosen) onChange(chosen.id);
      }}
      className={cx('control inline-flex rounded-control border border-line bg-sunken p-0.5', className)}
    >
      {options.map(({ id, words, icon }) => (
        <ToggleButton
          key={id}
          id={id}
          className="inline-flex flex-1 items-center justify-center gap-1.5 rounded-small px-3 text-body font-medium text-quiet transition-colors data-hovered:text-ink data-selected:bg-raised data-selected:text-ink data-selected:shadow-[0_1px_2px_var(--color-press)]"
        >
          {icon && <Icon name={icon} className="size-4" />}
          {words}
        </ToggleButton>
      ))}
    </ToggleButtonGroup>
  );
}
