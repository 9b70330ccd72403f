import { memo, type ReactNode } from 'react';
import { Button as AriaButton, type ButtonProps as AriaButtonProps } from 'react-aria-components/Button';
import { cx } from './cx';
import { Icon, type IconName } from './Icon';
import { Tooltip } from './Tooltip';

/** `solid` is the one thing to do on a page; `plain` is everything else; `quiet` stays in the background. */
export type ButtonLook = 'solid' | 'plain' | 'quiet' | 'danger';

const LOOKS: Record<ButtonLook, string> = {
  solid: 'bg-brass text-on-brass font-semibold data-hovered:bg-brass-strong data-pressed:bg-brass-press',
  plain: 'border border-line bg-surface text-ink data-hovered:bg-hover data-pressed:bg-press',
  quiet: 'text-ink data-hovered:bg-hover data-pressed:bg-press',
  danger: 'bg-danger text-on-danger font-semibold data-hovered:bg-danger-strong data-pressed:bg-danger-strong',
};

/** The shape of buttons, also for links that look like one. */
export function buttonClass(look: ButtonLook, small = false, wide = false): string {
  return cx(
    'inline-flex items-center justify-center gap-2 rounded-control text-body font-medium whitespace-nowrap transition-colors select-none',
    'data-disabled:opacity-45 outline-offset-2',
    small ? 'control-small px-3' : 'control px-3.5',
    wide && 'w-full',
    LOOKS[look],
  );
}

export interface ButtonProps extends Omit<AriaButtonProps, 'className' | 'style' | 'children'> {
  look?: ButtonLook;
  small?: boolean;
  wide?: boolean;
  icon?: IconName;
  /** The action is running: the button stays focused, announces it, and can't be pressed again. */
  isPending?: boolean;
  className?: string;
  children: ReactNode;
}

/** Drawn again only when what it is given changes: a widget takes longer than the letter that was typed beside it. */
export const Button = memo(function Button({
  look = 'plain',
  small,
  wide,
  icon,
  className,
  children,
  ...rest
}: ButtonProps) {
  return (
    <AriaButton {...rest} className={cx(buttonClass(look, small, wide), 'relative', className)}>
      {rest.isPending ? <Icon name="spinner" /> : icon && <Icon name={icon} />}
      {children}
    </AriaButton>
  );
});

export interface IconButtonProps extends Omit<AriaButtonProps, 'className' | 'style' | 'children' | 'aria-label'> {
  icon: IconName;
  /** What it does, in words: its accessible name and its tooltip. */
  label: string;
  look?: 'quiet' | 'plain';
  small?: boolean;
  className?: string;
}

/** Drawn again only when what it is given changes. */
export const IconButton = memo(function IconButton({
  icon,
  label,
  look = 'quiet',
  small,
  className,
  ...rest
}: IconButtonProps) {
  const size = small ? 'size-11 md:size-8' : 'size-11 md:size-9';
  return (
    <Tooltip text={label}>
      <AriaButton
        {...rest}
        aria-label={label}
        className={cx(
          'inline-flex shrink-0 items-center justify-center rounded-control transition-colors data-disabled:opacity-45',
          LOOKS[look],
          look === 'quiet' && 'text-quiet data-hovered:text-ink',
          size,
          className,
        )}
      >
        <Icon name={rest.isPending ? 'spinner' : icon} />
      </AriaButton>
    </Tooltip>
  );
});
