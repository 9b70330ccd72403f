import type { ReactNode } from 'react';
import {
  Button as AriaButton,
  ComboBox as AriaComboBox,
  type ComboBoxProps as AriaComboBoxProps,
  Popover as AriaPopover,
  Select as AriaSelect,
  type SelectProps as AriaSelectProps,
  Group,
  Input,
  ListBox,
  ListBoxItem,
  type ListBoxItemProps,
  SelectValue,
} from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { cx } from './cx';
import { BOX, FieldLabel, FieldNotes, type Said } from './Field';
import { FLOAT, ROW } from './float';
import { Icon } from './Icon';

type Item = object;

/** One option. `textValue` is the text that typing matches. */
export function Option({
  children,
  ...rest
}: Omit<ListBoxItemProps, 'className' | 'style' | 'children'> & { children: ReactNode }) {
  const text = rest.textValue ?? (typeof children === 'string' ? children : undefined);
  return (
    <ListBoxItem {...rest} {...(text === undefined ? {} : { textValue: text })} className={ROW}>
      {({ isSelected }) => (
        <>
          <span className="flex min-w-0 flex-1 items-center gap-2.5">{children}</span>
          <Icon name="check" className={cx('size-4 text-accent', !isSelected && 'invisible')} />
        </>
      )}
    </ListBoxItem>
  );
}

const LIST = 'max-h-80 overflow-y-auto overscroll-contain p-1 outline-none';

export function Select<T extends Item>({
  label,
  hint,
  optional,
  error,
  className,
  items,
  children,
  ...rest
}: Omit<AriaSelectProps<T>, 'className' | 'style' | 'children'> &
  Said & { items?: Iterable<T>; children: ReactNode | ((item: T) => ReactNode) }) {
  return (
    <AriaSelect
      {...rest}
      isInvalid={rest.isInvalid ?? (error ? true : undefined)}
      className={cx('flex min-w-0 flex-col gap-1.5', className)}
    >
      <FieldLabel label={label} optional={optional} />
      <AriaButton className={cx('control flex items-center gap-2 px-3 text-left', BOX)}>
        <SelectValue className="min-w-0 flex-1 truncate data-placeholder:text-faint [&>svg:last-child]:hidden" />
        <Icon name="chevron-down" className="size-4 text-quiet" />
      </AriaButton>
      <FieldNotes hint={hint} error={error} />
      <AriaPopover offset={4} className={cx(FLOAT, 'min-w-(--trigger-width)')}>
        <ListBox {...(items ? { items } : {})} className={LIST}>
          {children}
        </ListBox>
      </AriaPopover>
    </AriaSelect>
  );
}

/** A choice from many options, found by typing. */
export function ComboBox<T extends Item>({
  label,
  hint,
  optional,
  error,
  className,
  placeholder,
  children,
  ...rest
}: Omit<AriaComboBoxProps<T>, 'className' | 'style' | 'children'> &
  Said & { placeholder?: string; children: ReactNode | ((item: T) => ReactNode) }) {
  const { t } = useTranslation('design');
  return (
    <AriaComboBox
      {...rest}
      isInvalid={rest.isInvalid ?? (error ? true : undefined)}
      className={cx('flex min-w-0 flex-col gap-1.5', className)}
    >
      <FieldLabel label={label} optional={optional} />
      <Group className={cx('control flex items-center', BOX)}>
        <Input placeholder={placeholder} className="min-w-0 flex-1 self-stretch bg-transparent pl-3 outline-none" />
        <AriaButton className="flex w-11 items-center justify-center self-stretch text-quiet md:w-9">
          <Icon name="chevron-down" className="size-4" />
        </AriaButton>
      </Group>
      <FieldNotes hint={hint} error={error} />
      <AriaPopover offset={4} className={cx(FLOAT, 'w-(--trigger-width) min-w-64')}>
        <ListBox<T>
          className={LIST}
          renderEmptyState={() => <p className="px-2.5 py-2 text-small text-quiet">{t('nothingFound')}</p>}
        >
          {children}
        </ListBox>
      </AriaPopover>
    </AriaComboBox>
  );
}
