using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Limber.Acpi;
using R = Limber.Devices.Platform.Hotplug.HotplugRegisters;

namespace Limber.Devices.Platform.Hotplug;

/// <summary>
/// How a guest finds the slots that changed among many: it reads one word a group, and those of the groups that changed. As
/// ASL, with the names of the processors' controller:
/// <code>
/// Field (HPV, ...) { Offset (0x80), S000, 32, ... }   Field (HPG, ...) { A000, 32, ... }
/// Method (CSCN, 0, Serialized) { If (S000 != A000) { A000 = S000 [read once]; G000 () } ... }
/// Method (G000, 0, Serialized) { If (^C005.CST != ^C005.CAK) { ^C005.CHK () } ... }
/// </code>
/// </summary>
/// <param name="words">Names of the words.</param>
/// <param name="letter">First letter of the slots' objects and of the scan's method.</param>
/// <param name="slots">Number of slots.</param>
/// <param name="groupSize">Slots of a group.</param>
internal sealed class HotplugGroupAml(HotplugAml words, char letter, int slots, int groupSize)
{
    private readonly int groups = (slots + groupSize - 1) / groupSize;

    /// <summary>Name of a slot's object.</summary>
    public string SlotName(int slot) => Segment(letter, slot);

    /// <summary>The groups' words, and the method that looks at all of them.</summary>
    public IEnumerable<AmlTerm> DescribeScan() =>
    [
        words.HostWords([FieldElement.Offset(R.GroupSequence), .. GroupWords('S')]),
        words.GuestWords([FieldElement.Offset(R.GroupAcknowledge), .. GroupWords('A')]),
        Aml.Method(letter + "SCN", 0, serialized: true, [.. Enumerable.Range(0, groups).SelectMany(ScanIfChanged)]),
    ];

    /// <summary>The methods that look at the slots of a group.</summary>
    public IEnumerable<AmlTerm> DescribeGroups() => Enumerable.Range(0, groups).Select(group =>
    {
        int first = group * groupSize;
        int count = Math.Min(groupSize, slots - first);
        IEnumerable<AmlTerm> checks = Enumerable.Range(first, count).Select(slot => words.CheckIfChanged("^" + SlotName(slot)));
        return Aml.Method(Segment('G', group), 0, serialized: true, [.. checks]);
    });

    private static string Segment(char prefix, int number) => prefix + number.ToString("X3", CultureInfo.InvariantCulture);

    private static AmlTerm[] ScanIfChanged(int group)
    {
        AmlTerm acknowledge = Aml.Path(Segment('A', group));
        return
        [
            Aml.Store(Aml.Path(Segment('S', group)), Aml.Local(0)),
            Aml.If(
                Aml.LNotEqual(Aml.Local(0), acknowledge),
                Aml.Store(Aml.Local(0), acknowledge),
                Aml.Call(Segment('G', group))),
        ];
    }

    private IEnumerable<FieldElement> GroupWords(char prefix) =>
        Enumerable.Range(0, groups).Select(group => FieldElement.Named(Segment(prefix, group), 32));
}
