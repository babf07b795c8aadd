"""The words of generated texts: everyday ones, of one to four syllables."""

WORDS = tuple(
    """
    about above across after again against almost along already always among animal another answer any apple around
    arrive ask autumn away back bake ball bank bath beach bean bear because become bed before begin behind believe
    bell below beside best better between bird black blue board boat body book both bottle bottom bowl box branch
    bread break bridge bright bring brother brown build bus busy butter button buy cake call camera can candle
    captain car card care carry cat catch chair chance change cheese child choose city clean clear clever climb
    clock close cloud coast coat coffee cold colour come cook copper corner cost could count country course cover
    cross cup dance dark daughter day dear deep desk dinner doctor dog door double down draw dream dress drink drive
    dry early earth east easy edge egg eight eleven else empty end enough evening ever every example eye face fall
    family far farm fast father feather feel few field fill find fine finger finish fire first fish five flat floor
    flour flower fly follow food foot forest forget four fresh friend from fruit full funny garden gate gentle get
    give glad glass go gold good grandmother grass great green ground grow guess guitar half hall hand happy harbour
    hard hat have head hear heart heavy help high hill history hold holiday home honey hope horse hot hour house how
    hundred hurry idea important inside island it jacket join journey juice jump just keep kettle key kind kitchen
    kite know ladder lake lamp land language large last late laugh leaf learn leave left lemon letter library lift
    light like listen little live long look lost loud love low lunch machine make many map market matter meadow meal
    mean measure meet middle mile milk minute mirror moment money month moon more morning mother mountain mouth move
    much museum music must name narrow near need never new next nice night nine noon north nothing number ocean
    offer often oil old once one only open orange order other our outside over page paint pair paper parcel park
    part party pass past path pay pear pencil people pepper perhaps piano picture piece place plan plant plate play
    please pocket point poor possible potato pour present press pretty problem promise pull purple push put question
    quick quiet rain reach read ready red remember rest rice rich ride right ring rise river road rock roof room
    round run salt same sand say school sea season second see sell send seven shape share sharp shelf ship shirt
    shoe shop short should show side silver simple since sing sister sit six sky sleep slow small smell smile snow
    soap soft some song soon sort soup south speak spell spend spoon spring square stairs stand star start station
    stay step still stone stop storm story straight street strong such sugar summer sun supper sure sweet swim table
    take talk tall taste tea teach tell ten thank that their then there thing think third three through thunder
    ticket time tiny today together tomorrow too tooth top touch toward town train travel tree true try turn twelve
    two umbrella uncle under until up use valley very village visit voice wait walk wall want warm wash watch water
    wave way wear weather week well west what wheel when where while white who whole why wide wild will wind window
    winter wish with without woman wonder wood wool word work world would write wrong year yellow yes yesterday
    young
    """.split()  # noqa: SIM905 - a list of so many literals would be no list to read
)
