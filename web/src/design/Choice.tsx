import type { ReactNode } from 'react';
import {
  Checkbox as AriaCheckbox,
  type CheckboxProps as AriaCheckboxProps,
  Radio as AriaRadio,
  RadioGroup as AriaRadioGroup,
  type RadioGroupProps as AriaRadioGroupProps,
  Switch as AriaSwitch,
  type SwitchProps as AriaSwitchProps,
} from 'react-aria-components';
import { cx } from './cx';
import { FieldLabel, FieldNotes, type Said } from './Field';
import { Icon } from './Icon';

const ROW = 'flex min-h-11 md:min-h-8 items-start gap-2.5 py-2.5 md:py-1.5 text-body text-ink data-disabled:opacity-50';
const RING =
  'group-data-focus-visible:outline-2 group-data-focus-visible:outline-offset-2 group-data-focus-visible:outline-focus';

interface Chosen {
  children: ReactNode;
  /** A line under the words. */
  hint?: ReactNode;
  className?: string;
}

function Words({ children, hint }: Pick<Chosen, 'children' | 'hint'>) {
  return (
    <span className="flex min-w-0 flex-col">
      <span>{children}</span>
      {hint && <span className="text-small text-quiet">{hint}</span>}
    </span>
  );
}

export function Checkbox({
  children,
  hint,
  className,
  ...rest
}: Omit<AriaCheckboxProps, keyof Chosen | 'style'> & Chosen) {
  return (
    <AriaCheckbox {...rest} className={cx('group', ROW, className)}>
      {({ isSelected, isIndeterminate }) => (
        <>
          <span
            className={cx(
              'mt-px flex size-4.5 shrink-0 items-center justify-center rounded-small border border-edge bg-raised transition-colors',
              'group-data-selected:border-brass group-data-selected:bg-brass group-data-selected:text-on-brass',
              'group-data-indeterminate:border-brass group-data-indeterminate:bg-brass group-data-indeterminate:text-on-brass',
              'group-data-invalid:border-state-failed',
              RING,
            )}
          >
            {isIndeterminate ? (
              <Icon name="minus" className="size-4" />
            ) : (
              isSelected && <Icon name="check" className="size-4" />
            )}
          </span>
          <Words hint={hint}>{children}</Words>
        </>
      )}
    </AriaCheckbox>
  );
}

/** A switch that applies immediately, without a button to confirm. */
export function Switch({ children, hint, className, ...rest }: Omit<AriaSwitchProps, keyof Chosen | 'style'> & Chosen) {
  return (
    <AriaSwitch {...rest} className={cx('group', ROW, className)}>
      <span
        className={cx(
          'flex h-5 w-9 shrink-0 items-center rounded-full border border-edge bg-sunken p-0.5 transition-colors',
          'group-data-selected:border-brass group-data-selected:bg-brass',
          RING,
        )}
      >
        <span className="size-3.5 rounded-full bg-quiet transition-[translate,background-color] group-data-selected:translate-x-4 group-data-selected:bg-on-brass" />
      </span>
      <Words hint={hint}>{children}</Words>
    </AriaSwitch>
  );
}

export function RadioGroup({
  label,
  hint,
  optional,
  error,
  className,
  children,
  sideways,
  ...rest
}: Omit<AriaRadioGroupProps, 'className' | 'style' | 'children'> & Said & { children: ReactNode; sideways?: boolean }) {
  return (
    <AriaRadioGroup
      {...rest}
      orientation={sideways ? 'horizontal' : 'vertical'}
      isInvalid={rest.isInvalid ?? (error ? true : undefined)}
      className={cx('flex flex-col gap-1', className)}
    >
      <FieldLabel label={label} optional={optional} />
      <div className={cx('flex', sideways ? 'flex-wrap gap-x-6' : 'flex-col')}>{children}</div>
      <FieldNotes hint={hint} error={error} />
    </AriaRadioGroup>
  );
}

export function Radio({
  value,
  isDisabled,
  children,
  hint,
  className,
}: Chosen & { value: string; isDisabled?: boolean }) {
  return (
    <AriaRadio value={value} isDisabled={isDisabled} className={cx('group', ROW, className)}>
      <span
        className={cx(
          'mt-px flex size-4.5 shrink-0 items-center justify-center rounded-full border border-edge bg-raised transition-colors',
          'group-data-selected:border-brass group-data-selected:bg-brass',
          RING,
        )}
      >
        <span className="size-2 rounded-full group-data-selected:bg-on-brass" />
      </span>
      <Words hint={hint}>{children}</Words>
    </AriaRadio>
  );
}
