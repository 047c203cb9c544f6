/** Subject of a mail once its payload was erased: the row tells alone that it was sent. */
export const ERASED_MAIL = 'mail.send.erased'

/** Subject of a mail that cannot be sent as it is: it is never published and never tried again. */
export const REFUSED_MAIL = 'mail.send.refused'
