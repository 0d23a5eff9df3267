"""Frequent words of Latin-script languages other than English, and pinyin: written by hand.

Used only to tell that a text is *not* English. Words that are also English are listed all the same;
the detector ignores words found on both sides.
"""

FOREIGN_WORDS = """
el la los las un una unos unas de del que y en con por para se su sus lo le les al como pero muy mas más este esta estos estas eso
esto es son está están era fue ser estar tiene tienen hay me mi mis te tu no si sí ya todo toda todos bien bueno buena buenos buenas
malo mala mal producto calidad precio envio envío llegó llego rapido rápido recomiendo recomendado excelente perfecto gracias
compra compré compre vendedor tienda pedido talla muchas mucho nada cuando porque desde hasta también tambien sin sobre funciona
encanta gusta regalo feliz contento dinero tiempo dias días bonito bonita grande pequeño cómodo llegado roto color bastante
le la les un une des du de et est sont en dans sur avec pour par pas ne plus très tres bon bonne bien mais ou où qui que quoi
ce cet cette ces il elle ils elles nous vous je tu mon ma mes son sa ses leur au aux être avoir été fait sans tout tous toute
produit qualité qualite prix livraison rapide parfait merci achat acheté recommande commande colis reçu déçu jolie
taille beau belle petit petite peu beaucoup trop encore conforme satisfait satisfaite super facile mauvais mauvaise
der die das ein eine einen einem einer eines und oder aber ist sind war waren nicht kein keine sehr gut gute guter gutes schlecht
mit für fur auf aus bei nach von vom zum zur über unter ich du er sie es wir ihr mein meine dein sein ihre mich mir sich auch nur
noch schon so wie was wenn dass weil man kann habe hat haben hatte wird wurde werden bin bestellt gekauft geliefert lieferung preis
qualität produkt schnell leider toll empfehlen empfehlung zufrieden passt größe groesse klein groß farbe super einfach immer wieder
gefällt schön danke alles ware kaputt funktioniert
o os as um uma uns umas do da dos das no na nos nas em com por para que não nao sim mas muito muita bom boa ótimo otimo ótima mau
este esta esse essa isso isto é são está foi ser ter tem têm eu você voce ele ela nós seu sua meu minha produto qualidade preço preco
entrega chegou rápido rapida recomendo excelente perfeito obrigado obrigada comprei compra loja tamanho gostei adorei bonito veio
antes prazo também tambem ainda mais menos bem tudo nada quando porque até
il lo la i gli le un uno una di del della dei delle e è sono era in con su per tra fra non più piu molto bene buono buona ottimo
ottima che chi come ma anche questo questa questi quello mio mia suo sua ho hai ha abbiamo prodotto qualità qualita prezzo spedizione
consegna veloce perfetto grazie acquisto acquistato consiglio consigliato soddisfatto bella bello taglia arrivato tutto niente
de het een en van is dat die dit niet met voor op aan te zijn was er maar ook als bij naar om uit over heel erg goed goede slecht mooi
mooie ik je jij hij zij wij ze mijn jouw product kwaliteit prijs levering snel bestelling besteld gekocht ontvangen tevreden maat
geen wel nog meer veel weinig kan heb heeft hebben wordt werkt prima aanrader bedankt alles
yang dan di ke dari ini itu untuk dengan tidak ada adalah saya aku kami kita anda dia mereka akan sudah belum bisa juga sangat
bagus barang produk harga kualitas kualiti pengiriman cepat sesuai terima kasih mantap banget gak nggak ga tapi tetapi karena kalau
lagi lebih kurang baik jelek rusak murah mahal ukuran warna beli pesan seller penjual penghantaran sampai puas recomended oke udah
sama baru semua kecil besar suka tak boleh memang cantik
bu bir ve çok cok için icin ile ama değil degil gibi daha en ben sen biz siz onlar var yok ürün urun kalite kaliteli fiyat kargo
hızlı hizli teşekkürler tesekkurler güzel guzel iyi kötü aldım aldim geldi tavsiye ederim beğendim memnun küçük büyük
i w z na do nie to jest się sie jak ale za od po dla co tak już juz bardzo dobry dobra dobre produkt jakość jakosc cena szybka
wysyłka wysylka polecam dziękuję dziekuje super zakup kupiłem kupilam zgodny opisem wszystko ładny mały duży przesyłka
och att det som en ett är inte på för med av den har jag du han hon vi de mycket bra dålig kvalitet pris snabb leverans produkten
köpt nöjd storlek rekommenderar tack fungerar og ikke til meget god godt varen levering hurtig dårlig jeg er på det ja nej
và là của có không được cho với này rất tốt hàng giao nhanh đẹp chất lượng sản phẩm shop mua tôi mình nhưng đúng cảm ơn hang dep
ang ng sa mga ko mo po naman lang hindi salamat maganda ganda sulit mabilis dumating maayos ito siya kasi pero din rin
je se na to v že ale není pro jako s velmi dobrý kvalita spokojenost doporučuji rychlé dodání
si este nu un o la de pe cu foarte bun buna produs calitate pret livrare rapida recomand multumesc pentru
ja on ei se että hyvä tuote laatu hinta nopea toimitus erittäin mutta kun oli
és az egy nem hogy jó nagyon termék minőség ár gyors szállítás köszönöm
"""

_INITIALS = "b p m f d t n l g k h j q x zh ch sh r z c s y w".split()
_FINALS = (
    "a o e i u ai ei ao ou an en ang eng ong ia ie iao iu ian in iang ing iong ua uo uai ui uan un uang ue v ve"
).split()
_ENGLISH_TOO = (
    "a an be bang ban bin can chat chain chin cha dang den die do due fan fen gang gin go he hen ha hang hong hue la lo lung"
    " lie long man mango me men min mine no nun pan pang pen pie pin ping pan pun ran rang run rung sang shin shun shut she"
    " song so sun sung tan tang ten tie tin ting to we win wing wan yang yen you zen sue sui shoe que chi jean ming ma pa"
).split()


def pinyin_syllables() -> frozenset[str]:
    """Letter strings that read as one toneless pinyin syllable and are not English words.

    >>> {"hen", "hao"} & pinyin_syllables()
    {'hao'}
    """
    syllables = {initial + final for initial in _INITIALS for final in _FINALS}
    return frozenset(syllables - set(_ENGLISH_TOO))
