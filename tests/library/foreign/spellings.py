"""How the World Bank, the United Nations and people spell countries and aggregates.

`python -m tests.library.foreign.spellings` counts how many pycountry and country_converter know.
"""

import sys

WORLD_BANK = """
Aruba=ABW|Afghanistan=AFG|Angola=AGO|Albania=ALB|Andorra=AND|United Arab Emirates=ARE|Argentina=ARG|Armenia=ARM|
American Samoa=ASM|Antigua and Barbuda=ATG|Australia=AUS|Austria=AUT|Azerbaijan=AZE|Burundi=BDI|Belgium=BEL|
Benin=BEN|Burkina Faso=BFA|Bangladesh=BGD|Bulgaria=BGR|Bahrain=BHR|Bahamas, The=BHS|Bosnia and Herzegovina=BIH|
Belarus=BLR|Belize=BLZ|Bermuda=BMU|Bolivia=BOL|Brazil=BRA|Barbados=BRB|Brunei Darussalam=BRN|Bhutan=BTN|
Botswana=BWA|Central African Republic=CAF|Canada=CAN|Switzerland=CHE|Channel Islands=CHI|Chile=CHL|China=CHN|
Cote d'Ivoire=CIV|Cameroon=CMR|Congo, Dem. Rep.=COD|Congo, Rep.=COG|Colombia=COL|Comoros=COM|Cabo Verde=CPV|
Costa Rica=CRI|Cuba=CUB|Curacao=CUW|Cayman Islands=CYM|Cyprus=CYP|Czech Republic=CZE|Czechia=CZE|Germany=DEU|
Djibouti=DJI|Dominica=DMA|Denmark=DNK|Dominican Republic=DOM|Algeria=DZA|Ecuador=ECU|Egypt, Arab Rep.=EGY|
Eritrea=ERI|Spain=ESP|Estonia=EST|Ethiopia=ETH|Finland=FIN|Fiji=FJI|France=FRA|Faroe Islands=FRO|
Micronesia, Fed. Sts.=FSM|Gabon=GAB|United Kingdom=GBR|Georgia=GEO|Ghana=GHA|Gibraltar=GIB|Guinea=GIN|
Gambia, The=GMB|Guinea-Bissau=GNB|Equatorial Guinea=GNQ|Greece=GRC|Grenada=GRD|Greenland=GRL|Guatemala=GTM|Guam=GUM|
Guyana=GUY|Hong Kong SAR, China=HKG|Honduras=HND|Croatia=HRV|Haiti=HTI|Hungary=HUN|Indonesia=IDN|Isle of Man=IMN|
India=IND|Ireland=IRL|Iran, Islamic Rep.=IRN|Iraq=IRQ|Iceland=ISL|Israel=ISR|Italy=ITA|Jamaica=JAM|Jordan=JOR|
Japan=JPN|Kazakhstan=KAZ|Kenya=KEN|Kyrgyz Republic=KGZ|Cambodia=KHM|Kiribati=KIR|St. Kitts and Nevis=KNA|
Korea, Rep.=KOR|Kuwait=KWT|Lao PDR=LAO|Lebanon=LBN|Liberia=LBR|Libya=LBY|St. Lucia=LCA|Liechtenstein=LIE|
Sri Lanka=LKA|Lesotho=LSO|Lithuania=LTU|Luxembourg=LUX|Latvia=LVA|Macao SAR, China=MAC|St. Martin (French part)=MAF|
Morocco=MAR|Monaco=MCO|Moldova=MDA|Madagascar=MDG|Maldives=MDV|Mexico=MEX|Marshall Islands=MHL|North Macedonia=MKD|
Macedonia, FYR=MKD|Mali=MLI|Malta=MLT|Myanmar=MMR|Montenegro=MNE|Mongolia=MNG|Northern Mariana Islands=MNP|
Mozambique=MOZ|Mauritania=MRT|Mauritius=MUS|Malawi=MWI|Malaysia=MYS|Namibia=NAM|New Caledonia=NCL|Niger=NER|
Nigeria=NGA|Nicaragua=NIC|Netherlands=NLD|Norway=NOR|Nepal=NPL|Nauru=NRU|New Zealand=NZL|Oman=OMN|Pakistan=PAK|
Panama=PAN|Peru=PER|Philippines=PHL|Palau=PLW|Papua New Guinea=PNG|Poland=POL|Puerto Rico=PRI|Puerto Rico (US)=PRI|
Korea, Dem. People's Rep.=PRK|Portugal=PRT|Paraguay=PRY|West Bank and Gaza=PSE|French Polynesia=PYF|Qatar=QAT|
Romania=ROU|Russian Federation=RUS|Rwanda=RWA|Saudi Arabia=SAU|Sudan=SDN|Senegal=SEN|Singapore=SGP|
Solomon Islands=SLB|Sierra Leone=SLE|El Salvador=SLV|San Marino=SMR|Somalia=SOM|Somalia, Fed. Rep.=SOM|Serbia=SRB|
South Sudan=SSD|Sao Tome and Principe=STP|Suriname=SUR|Slovak Republic=SVK|Slovenia=SVN|Sweden=SWE|Eswatini=SWZ|
Sint Maarten (Dutch part)=SXM|Seychelles=SYC|Syrian Arab Republic=SYR|Turks and Caicos Islands=TCA|Chad=TCD|
Togo=TGO|Thailand=THA|Tajikistan=TJK|Turkmenistan=TKM|Timor-Leste=TLS|Tonga=TON|Trinidad and Tobago=TTO|Tunisia=TUN|
Turkey=TUR|Turkiye=TUR|Türkiye=TUR|Tuvalu=TUV|Tanzania=TZA|Uganda=UGA|Ukraine=UKR|Uruguay=URY|United States=USA|
Uzbekistan=UZB|St. Vincent and the Grenadines=VCT|Venezuela, RB=VEN|British Virgin Islands=VGB|
Virgin Islands (U.S.)=VIR|Vietnam=VNM|Viet Nam=VNM|Vanuatu=VUT|Samoa=WSM|Kosovo=XKX|Yemen, Rep.=YEM|
South Africa=ZAF|Zambia=ZMB|Zimbabwe=ZWE
"""
UNITED_NATIONS = """
Bahamas=BHS|Bolivia (Plurinational State of)=BOL|British Virgin Islands=VGB|Cabo Verde=CPV|
China, Hong Kong Special Administrative Region=HKG|China, Macao Special Administrative Region=MAC|Congo=COG|
Côte d'Ivoire=CIV|Côte d’Ivoire=CIV|Curaçao=CUW|Czechia=CZE|Democratic People's Republic of Korea=PRK|
Democratic Republic of the Congo=COD|Eswatini=SWZ|Falkland Islands (Malvinas)=FLK|Gambia=GMB|Holy See=VAT|
Iran (Islamic Republic of)=IRN|Kyrgyzstan=KGZ|Lao People's Democratic Republic=LAO|
Micronesia (Federated States of)=FSM|Netherlands (Kingdom of the)=NLD|Netherlands=NLD|North Macedonia=MKD|
Republic of Korea=KOR|Republic of Moldova=MDA|Réunion=REU|Saint Helena=SHN|Saint Barthélemy=BLM|
Saint Kitts and Nevis=KNA|Saint Lucia=LCA|Saint Martin (French Part)=MAF|Saint Pierre and Miquelon=SPM|
Saint Vincent and the Grenadines=VCT|Sao Tome and Principe=STP|Sint Maarten (Dutch part)=SXM|Slovakia=SVK|
State of Palestine=PSE|Svalbard and Jan Mayen Islands=SJM|Syrian Arab Republic=SYR|Türkiye=TUR|
United Kingdom of Great Britain and Northern Ireland=GBR|United Republic of Tanzania=TZA|
United States of America=USA|United States Virgin Islands=VIR|Venezuela (Bolivarian Republic of)=VEN|Viet Nam=VNM|
Wallis and Futuna Islands=WLF|Western Sahara=ESH|Åland Islands=ALA|Bonaire, Sint Eustatius and Saba=BES|
Cocos (Keeling) Islands=CCK|Heard Island and McDonald Islands=HMD|South Georgia and the South Sandwich Islands=SGS|
United States Minor Outlying Islands=UMI|French Southern Territories=ATF|British Indian Ocean Territory=IOT|
Guernsey=GGY|Jersey=JEY|Pitcairn=PCN|Tokelau=TKL|Niue=NIU|Cook Islands=COK|Montserrat=MSR|Anguilla=AIA|
Martinique=MTQ|Guadeloupe=GLP|French Guiana=GUF|Mayotte=MYT|Norfolk Island=NFK
"""
OTHERS = """
Micronesia (Fed. States)=FSM|Micronesia (Fed. States of)=FSM|Micronesia=FSM|FSM=FSM|
Federated States of Micronesia=FSM|St. Lucia=LCA|St Lucia=LCA|St.Lucia=LCA|Cape Verde=CPV|Swaziland=SWZ|
Bahamas, The=BHS|The Bahamas=BHS|Bahamas (the)=BHS|The Gambia=GMB|Ivory Coast=CIV|Cote D'Ivoire=CIV|East Timor=TLS|
Timor Leste=TLS|Burma=MMR|Macedonia=MKD|The former Yugoslav Republic of Macedonia=MKD|Czech Republic=CZE|
Sao Tome & Principe=STP|São Tomé and Príncipe=STP|São Tomé & Príncipe=STP|Antigua & Barbuda=ATG|
Antigua And Barbuda=ATG|Trinidad & Tobago=TTO|Trinidad=TTO|St Kitts & Nevis=KNA|St. Kitts & Nevis=KNA|
Saint Kitts & Nevis=KNA|St Vincent & Grenadines=VCT|St. Vincent & the Grenadines=VCT|St. Vincent & Grenadines=VCT|
Saint Vincent & the Grenadines=VCT|St Vincent=VCT|Turks & Caicos=TCA|Turks and Caicos=TCA|
Turks & Caicos Islands=TCA|Guinea Bissau=GNB|Dominican Rep.=DOM|Dominican Rep=DOM|Marshall Is.=MHL|
Republic of the Marshall Islands=MHL|Marshall Islands (the)=MHL|Solomon Is.=SLB|Cook Is.=COK|
Virgin Islands, British=VGB|Virgin Islands (British)=VGB|Virgin Islands, U.S.=VIR|US Virgin Islands=VIR|BVI=VGB|
Western Samoa=WSM|Independent State of Samoa=WSM|Kingdom of Tonga=TON|Republic of Fiji=FJI|Fiji Islands=FJI|
FIJI=FJI|fiji=FJI|Republic of Kiribati=KIR|Republic of Nauru=NRU|Republic of Palau=PLW|Republic of Vanuatu=VUT|
Union of the Comoros=COM|The Comoros=COM|Republic of Maldives=MDV|Maldive Islands=MDV|Republic of Mauritius=MUS|
Republic of Seychelles=SYC|Republic of Singapore=SGP|Co-operative Republic of Guyana=GUY|Republic of Suriname=SUR|
Surinam=SUR|Commonwealth of the Bahamas=BHS|Commonwealth of Dominica=DMA|Netherlands Antilles=ANT|Sint Maarten=SXM|
St. Maarten=SXM|St Maarten=SXM|Curacao=CUW|Papua N.G.=PNG|Papua New-Guinea=PNG|PNG=PNG|UK=GBR|USA=USA|U.S.A.=USA|
U.S.=USA|United States of America=USA|South Korea=KOR|North Korea=PRK|Korea=KOR|Russia=RUS|Iran=IRN|Syria=SYR|
Laos=LAO|Vietnam=VNM|Tanzania=TZA|Bolivia=BOL|Venezuela=VEN|Moldova=MDA|Brunei=BRN|DR Congo=COD|
Democratic Republic of Congo=COD|Congo-Brazzaville=COG|Congo (Brazzaville)=COG|Congo (Kinshasa)=COD|
Congo, Democratic Republic of the=COD|Congo, Republic of=COG|Zaire=COD|Palestine=PSE|
Occupied Palestinian Territory=PSE|Taiwan=TWN|Taiwan, China=TWN|Hong Kong=HKG|Macau=MAC|Turkey=TUR|England=GBR|
Great Britain=GBR|Holland=NLD|Republic of Cabo Verde=CPV|Bahrain=BHR|Kingdom of Bahrain=BHR|Haïti=HTI|Belize=BLZ|
Faeroe Islands=FRO|Reunion=REU|Wallis and Futuna=WLF|Saint-Martin=MAF|Republic of the Congo=COG|
Republic of Ireland=IRL|Slovak Rep.=SVK|Kyrgyz Rep.=KGZ|Yemen=YEM|Egypt=EGY|Gambia, The=GMB|Lao P.D.R.=LAO|
Brunei Darussalam=BRN|Cabo Verde (Cape Verde)=CPV|Kosovo (UNSCR 1244)=XKX|Swaziland (Eswatini)=SWZ|Fiji *=FJI|
Fiji (a)=FJI|Fiji 1/=FJI|Fiji¹=FJI
"""
WORLD_BANK_AGGREGATES = """
Africa Eastern and Southern|Africa Western and Central|Arab World|Central Europe and the Baltics|
Caribbean small states|East Asia & Pacific (excluding high income)|Early-demographic dividend|East Asia & Pacific|
Europe & Central Asia (excluding high income)|Europe & Central Asia|Euro area|European Union|
Fragile and conflict affected situations|High income|Heavily indebted poor countries (HIPC)|IBRD only|
IDA & IBRD total|IDA total|IDA blend|IDA only|Not classified|Latin America & Caribbean (excluding high income)|
Latin America & Caribbean|Least developed countries: UN classification|Low income|Lower middle income|
Low & middle income|Late-demographic dividend|Middle East & North Africa|
Middle East, North Africa, Afghanistan & Pakistan|Middle income|Middle East & North Africa (excluding high income)|
North America|OECD members|Other small states|Pre-demographic dividend|Pacific island small states|
Post-demographic dividend|South Asia|Sub-Saharan Africa (excluding high income)|Sub-Saharan Africa|Small states|
East Asia & Pacific (IDA & IBRD countries)|Europe & Central Asia (IDA & IBRD countries)|
Latin America & the Caribbean (IDA & IBRD countries)|Middle East & North Africa (IDA & IBRD countries)|
South Asia (IDA & IBRD)|Sub-Saharan Africa (IDA & IBRD countries)|Upper middle income|World
"""
OTHER_AGGREGATES = """
World|Africa|Northern Africa|Sub-Saharan Africa|Eastern Africa|Middle Africa|Southern Africa|Western Africa|
Americas|Latin America and the Caribbean|Caribbean|Central America|South America|Northern America|Asia|Central Asia|
Eastern Asia|South-eastern Asia|Southern Asia|Western Asia|Europe|Eastern Europe|Northern Europe|Southern Europe|
Western Europe|Oceania|Australia and New Zealand|Melanesia|Micronesia (region)|Polynesia|
Oceania (exc. Australia and New Zealand)|Small island developing States (SIDS)|Small Island Developing States|SIDS|
Least Developed Countries (LDCs)|Landlocked developing countries (LLDCs)|Developing regions|Developed regions|
Central and Southern Asia|Eastern and South-Eastern Asia|Northern Africa and Western Asia|
Europe and Northern America|Northern America and Europe|Latin America & Caribbean|CARICOM|Pacific|Pacific Islands|
Pacific Island Countries|OECD|EU|EU-27|EU27_2020|Euro area (19 countries)|European Union - 27 countries (from 2020)|
Commonwealth|ASEAN|BRICS|Total|Average|Regional average|All countries|Grand total|G20|Arab States|
East Asia and the Pacific|OECS|African Union|Eastern Caribbean|Caribbean Community|Middle East|South Asia|
Former Soviet Union|USSR|Yugoslavia|Czechoslovakia|Rest of the world|Rest of Oceania|Small states of the Caribbean|
Unspecified|Other Asia, nes|Areas not elsewhere specified|Mean|Median|Sum
"""
UNRESOLVED = {"Netherlands Antilles", "Papua N.G.", "Holland", "England"}
"""Spellings that are not resolved; the first is no country today, the last a part of one."""


def spelt(text: str) -> dict[str, str]:
    """Name → alpha-3 code; empty for aggregates."""
    pairs = (each.partition("=") for each in text.strip().replace("\n", "").split("|"))
    return {name: code for name, _, code in pairs}


COUNTRIES = {**spelt(WORLD_BANK), **spelt(UNITED_NATIONS), **spelt(OTHERS)}
AGGREGATES = (*spelt(WORLD_BANK_AGGREGATES), *spelt(OTHER_AGGREGATES))


def main() -> None:
    """Print how many names each library knows, and which aggregates and how many parts it takes for countries."""
    import pycountry

    from sids_core.foreign.places import find_place, guess

    def looked_up(name: str) -> str:
        try:
            return str(pycountry.countries.lookup(name).alpha_3)
        except LookupError:
            return ""

    def fuzzy(name: str) -> str:
        try:
            return looked_up(name) or str(pycountry.countries.search_fuzzy(name)[0].alpha_3)
        except LookupError:
            return ""

    for title, find in (
        ("pycountry", looked_up),
        ("pycountry, fuzzy", fuzzy),
        ("country_converter", lambda name: guess(name).code),
    ):
        right = sum(find(name) == code for name, code in COUNTRIES.items())
        wrong = sum(find(name) not in {"", code} for name, code in COUNTRIES.items())
        taken = [name for name in AGGREGATES if find(name)]
        sys.stdout.write(f"{title}: {right} of {len(COUNTRIES)} right, {wrong} wrong; as countries: {taken}\n")
    parts = {part.name.partition(" [")[0] for part in pycountry.subdivisions}
    guessed = sum(guess(name).code not in {"", find_place(name).code} for name in parts)
    sys.stdout.write(f"country_converter: {guessed} of {len(parts)} parts of countries as countries\n")


if __name__ == "__main__":
    main()
