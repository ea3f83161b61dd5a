/** As `ref`: takes the focus once, when it appears, in place of a dialog's first control. */
export function focusFirst(element: HTMLElement | null): void {
  element?.focus();
}
