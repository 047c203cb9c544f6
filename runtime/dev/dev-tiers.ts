/** The plans of a development stack, as the configuration takes them. */
export const DEV_TIERS = [
  {
    tierName: 'Standard',
    lookupKey: 'standard_monthly',
    price: 9,
    billingCycle: 'monthly',
    maxMembers: 25,
    tierDescription: 'For a team: up to 25 members, billed each month.',
    variants: [
      {
        label: 'Yearly',
        lookupKey: 'standard_yearly',
        price: 90,
        billingCycle: 'yearly',
        description: 'Two months are free.',
      },
    ],
  },
  {
    tierName: 'Company',
    lookupKey: 'company_yearly',
    price: 490,
    billingCycle: 'yearly',
    tierDescription: 'For everybody in the house: as many members as there are, billed each year.',
  },
]
