"""The words that carry no topic, in the five languages: a question may contain them, an answer need not."""

_WORDS = """
a an and any are as at be been but by can could did do does for from get had has have how i if in into is it its me my
of on or our should so that the their them then there these they this to was we were what when where which who why
will with would you your
aber als am an auch auf aus bei bin bist das dass dem den der des die dies diese dieser du ein eine einem einen einer
er es für hat haben ich ihr im in ist kann man mein meine mit muss nach oder sein sich sie sind um und unser von war
was wann warum wie wenn werden wer wir wird wo zu zum zur
että ei en he hän ja jos joka jotka kanssa koska kuin kuinka kun me mikä millainen milloin minun minä missä mitä miten
mutta niin ne nyt olen on onko ovat se sen sinä tai tämä tässä voi voin voinko
a aby ale bo być był co czy czym dla do gdy gdzie go i ich ile ja jak jaka jaki jakie jako jest jeśli już kiedy kto
która które który mam może można mój my na nad nasz nie o od oraz po pod przez przy się są ta tak tam te tego ten to u
w we z za ze że
а без бы был была были в вам вас во вот все где для до его если есть еще ещё же за и из или их к как какая какие какой
когда кто ли мне можно мой мы на над не него нет но о об от по под при с со так такой там то тоже того только ты у уже
что чтобы чем это этот я
"""

FUNCTION_WORDS = frozenset(_WORDS.split())
