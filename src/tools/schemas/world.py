"""Cities with what belongs to them, so that the fields of one address agree."""

from __future__ import annotations

import numpy as np

from .pools import Pool

_TABLE = """
Lisbon|Lisboa|Portugal|PT|PRT|1100-148|38.72|-9.14|EUR|Europe/Lisbon|pt|Portuguese
Porto|Porto|Portugal|PT|PRT|4000-322|41.15|-8.61|EUR|Europe/Lisbon|pt|Portuguese
Madrid|Madrid|Spain|ES|ESP|28013|40.42|-3.7|EUR|Europe/Madrid|es|Spanish
Seville|Andalusia|Spain|ES|ESP|41004|37.39|-5.98|EUR|Europe/Madrid|es|Spanish
Lyon|Auvergne-Rhône-Alpes|France|FR|FRA|69002|45.76|4.84|EUR|Europe/Paris|fr|French
Nantes|Pays de la Loire|France|FR|FRA|44000|47.22|-1.55|EUR|Europe/Paris|fr|French
Hamburg|Hamburg|Germany|DE|DEU|20095|53.55|9.99|EUR|Europe/Berlin|de|German
Leipzig|Saxony|Germany|DE|DEU|04109|51.34|12.37|EUR|Europe/Berlin|de|German
Munich|Bavaria|Germany|DE|DEU|80331|48.14|11.58|EUR|Europe/Berlin|de|German
Vienna|Vienna|Austria|AT|AUT|1010|48.21|16.37|EUR|Europe/Vienna|de|German
Zurich|Zurich|Switzerland|CH|CHE|8001|47.38|8.54|CHF|Europe/Zurich|de|German
Turin|Piedmont|Italy|IT|ITA|10121|45.07|7.69|EUR|Europe/Rome|it|Italian
Bologna|Emilia-Romagna|Italy|IT|ITA|40121|44.49|11.34|EUR|Europe/Rome|it|Italian
Utrecht|Utrecht|Netherlands|NL|NLD|3511 AD|52.09|5.12|EUR|Europe/Amsterdam|nl|Dutch
Ghent|East Flanders|Belgium|BE|BEL|9000|51.05|3.72|EUR|Europe/Brussels|nl|Dutch
Aarhus|Central Denmark|Denmark|DK|DNK|8000|56.16|10.2|DKK|Europe/Copenhagen|da|Danish
Gothenburg|Västra Götaland|Sweden|SE|SWE|411 03|57.71|11.97|SEK|Europe/Stockholm|sv|Swedish
Bergen|Vestland|Norway|NO|NOR|5003|60.39|5.32|NOK|Europe/Oslo|nb|Norwegian
Tampere|Pirkanmaa|Finland|FI|FIN|33100|61.5|23.76|EUR|Europe/Helsinki|fi|Finnish
Kraków|Lesser Poland|Poland|PL|POL|31-042|50.06|19.94|PLN|Europe/Warsaw|pl|Polish
Brno|South Moravia|Czechia|CZ|CZE|602 00|49.2|16.61|CZK|Europe/Prague|cs|Czech
Athens|Attica|Greece|GR|GRC|105 57|37.98|23.73|EUR|Europe/Athens|el|Greek
Dublin|Leinster|Ireland|IE|IRL|D02 AF30|53.35|-6.26|EUR|Europe/Dublin|en|English
Leeds|England|United Kingdom|GB|GBR|LS1 4DY|53.8|-1.55|GBP|Europe/London|en|English
Bristol|England|United Kingdom|GB|GBR|BS1 5TR|51.45|-2.59|GBP|Europe/London|en|English
Edinburgh|Scotland|United Kingdom|GB|GBR|EH1 1YZ|55.95|-3.19|GBP|Europe/London|en|English
Boston|MA|United States|US|USA|02108|42.36|-71.06|USD|America/New_York|en|English
Denver|CO|United States|US|USA|80202|39.74|-104.99|USD|America/Denver|en|English
Seattle|WA|United States|US|USA|98101|47.61|-122.33|USD|America/Los_Angeles|en|English
Austin|TX|United States|US|USA|78701|30.27|-97.74|USD|America/Chicago|en|English
Chicago|IL|United States|US|USA|60601|41.88|-87.63|USD|America/Chicago|en|English
Portland|OR|United States|US|USA|97204|45.52|-122.68|USD|America/Los_Angeles|en|English
Toronto|ON|Canada|CA|CAN|M5H 2N2|43.65|-79.38|CAD|America/Toronto|en|English
Montreal|QC|Canada|CA|CAN|H2Y 1C6|45.5|-73.57|CAD|America/Toronto|fr|French
Guadalajara|Jalisco|Mexico|MX|MEX|44100|20.66|-103.35|MXN|America/Mexico_City|es|Spanish
Curitiba|Paraná|Brazil|BR|BRA|80010-000|-25.43|-49.27|BRL|America/Sao_Paulo|pt|Portuguese
Rosario|Santa Fe|Argentina|AR|ARG|S2000|-32.94|-60.64|ARS|America/Argentina/Buenos_Aires|es|Spanish
Valparaíso|Valparaíso|Chile|CL|CHL|2340000|-33.05|-71.61|CLP|America/Santiago|es|Spanish
Accra|Greater Accra|Ghana|GH|GHA|GA-184|5.6|-0.19|GHS|Africa/Accra|en|English
Nairobi|Nairobi|Kenya|KE|KEN|00100|-1.29|36.82|KES|Africa/Nairobi|sw|Swahili
Cape Town|Western Cape|South Africa|ZA|ZAF|8001|-33.92|18.42|ZAR|Africa/Johannesburg|en|English
Izmir|Izmir|Turkey|TR|TUR|35210|38.42|27.14|TRY|Europe/Istanbul|tr|Turkish
Pune|Maharashtra|India|IN|IND|411001|18.52|73.86|INR|Asia/Kolkata|hi|Hindi
Hanoi|Hanoi|Vietnam|VN|VNM|100000|21.03|105.85|VND|Asia/Ho_Chi_Minh|vi|Vietnamese
Chiang Mai|Chiang Mai|Thailand|TH|THA|50200|18.79|98.98|THB|Asia/Bangkok|th|Thai
Osaka|Osaka|Japan|JP|JPN|530-0001|34.69|135.5|JPY|Asia/Tokyo|ja|Japanese
Busan|Busan|South Korea|KR|KOR|48943|35.18|129.08|KRW|Asia/Seoul|ko|Korean
Melbourne|VIC|Australia|AU|AUS|3000|-37.81|144.96|AUD|Australia/Melbourne|en|English
Perth|WA|Australia|AU|AUS|6000|-31.95|115.86|AUD|Australia/Perth|en|English
Wellington|Wellington|New Zealand|NZ|NZL|6011|-41.29|174.78|NZD|Pacific/Auckland|en|English
"""
_DEMONYMS = dict(
    pair.split("=")
    for pair in "PT=Portuguese ES=Spanish FR=French DE=German AT=Austrian CH=Swiss IT=Italian NL=Dutch BE=Belgian "
    "DK=Danish SE=Swedish NO=Norwegian FI=Finnish PL=Polish CZ=Czech GR=Greek IE=Irish GB=British US=American "
    "CA=Canadian MX=Mexican BR=Brazilian AR=Argentine CL=Chilean GH=Ghanaian KE=Kenyan ZA=South_African TR=Turkish "
    "IN=Indian VN=Vietnamese TH=Thai JP=Japanese KR=South_Korean AU=Australian NZ=New_Zealander".split()
)
_ROWS = [
    [*cells, _DEMONYMS[cells[3]].replace("_", " ")]
    for cells in (line.split("|") for line in _TABLE.split("\n") if line)
]
_COLUMNS = ("city", "region", "country", "country_code", "country_code3", "postal_code", "latitude", "longitude",
            "currency", "timezone", "language_code", "language", "nationality")  # fmt: skip

COUNT = len(_ROWS)


class Facts(Pool):
    """One column of the table: not made distinct, so that all columns have the same places."""

    def __init__(self, column: str) -> None:
        texts = [row[_COLUMNS.index(column)] for row in _ROWS]
        super().__init__(texts)
        self.values = np.array(texts, dtype=object)


FACTS = {column: Facts(column) for column in _COLUMNS}
