import { createLink } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { Link as AriaLink, type LinkProps as AriaLinkProps } from 'react-aria-components/Link';
import { useTranslation } from 'react-i18next';
import { type ButtonLook, buttonClass } from './Button';
import { cx } from './cx';
import { Icon, type IconName } from './Icon';

interface Shown extends Omit<AriaLinkProps, 'className' | 'style' | 'children'> {
  className?: string;
  children?: ReactNode;
}

const TEXT =
  'rounded-small font-medium text-accent underline decoration-1 underline-offset-3 data-hovered:decoration-2';

/** A link inside the app, in running text: `<Link to="/channels">`. */
export const Link = createLink(({ className, ...rest }: Shown) => (
  <AriaLink {...rest} className={cx(TEXT, className)} />
));

/** An unstyled link inside the app, for rows, cards and navigation. */
export const PlainLink = createLink(({ className, ...rest }: Shown) => (
  <AriaLink {...rest} className={cx('rounded-control', className)} />
));

interface ButtonLinkShown extends Shown {
  look?: ButtonLook;
  small?: boolean;
  wide?: boolean;
  icon?: IconName;
}

/** A link inside the app that looks like a button. It navigates and changes nothing. */
export const ButtonLink = createLink(
  ({ look = 'plain', small, wide, icon, className, children, ...rest }: ButtonLinkShown) => (
    <AriaLink {...rest} className={cx(buttonClass(look, small, wide), className)}>
      {icon && <Icon name={icon} />}
      {children}
    </AriaLink>
  ),
);

/** A link to another site, such as a published post. It announces that it opens a new window. */
export function ExternalLink({ href, className, children }: { href: string; className?: string; children: ReactNode }) {
  const { t } = useTranslation('design');
  return (
    <a
      href={href}
      target="_blank"
      rel="noreferrer"
      className={cx('inline-flex max-w-full items-center gap-1', TEXT, className)}
    >
      {children}
      <Icon name="external" className="size-4" />
      <span className="sr-only">{t('newWindow')}</span>
    </a>
  );
}
