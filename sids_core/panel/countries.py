"""The Small Island Developing States, by ISO 3166-1 alpha-3 code.

Members and associate members of the UN regional commissions, https://www.un.org/ohrlls/content/list-sids, plus Tokelau.
"""

SIDS: tuple[str, ...] = tuple(
    "ATG ABW BHS BMU BHR BRB BLZ VGB CPV CYM COM CUB CUW DMA DOM FJI GRD GNB GUY HTI JAM KIR MDV MHL MUS "
    "FSM NRU PLW PNG WSM STP SYC SGP SXM SLB KNA VCT LCA SUR TLS TTO TON TUV TCA VUT AIA COK MSR TKL NIU".split()
)
