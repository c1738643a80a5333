using System;
using System.Diagnostics;
using System.IO;
using System.Security.Cryptography;
using Limber.TestKit;

namespace Limber.LabTests;

/// <summary>ssh from the host into a Debian guest that has a card; the keys are made here and are gone with the scenario.</summary>
/// <remarks>What is cheap where processors are emulated: ed25519, curve25519 and ChaCha20.</remarks>
internal static class SecureShell
{
    private const int Length = 1 << 20;
    private const string Client = "/usr/bin/ssh";

    public static bool IsThere => File.Exists(Client);

    /// <summary>Makes keys for both sides, starts the server, and sends something through a program of the guest and back.</summary>
    /// <returns>Seconds from the call of ssh to its end.</returns>
    public static double Exchange(LabContext context, GuestConsole guest, string address)
    {
        Check.Equal("inactive inactive", guest.Run("systemctl is-active ssh.service ssh.socket | xargs"), "the guest's ssh server before it is wanted");
        string key = context["key"];
        Shell.Run($"ssh-keygen -q -t ed25519 -N '' -C host -f {key}");
        string publicKey = File.ReadAllText(key + ".pub").Trim();
        guest.Run("rm -f /etc/ssh/ssh_host_*; ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key");
        guest.Run($"mkdir -p -m 700 /root/.ssh; echo '{publicKey}' >/root/.ssh/authorized_keys; systemctl start ssh; echo $?");
        string[] hostKey = guest.Run("cat /etc/ssh/ssh_host_ed25519_key.pub").Split(' ');
        File.WriteAllText(context["known"], $"{address} {hostKey[0]} {hostKey[1]}\n");

        byte[] data = RandomNumberGenerator.GetBytes(Length);
        File.WriteAllBytes(context["sent"], data);
        var clock = Stopwatch.StartNew();
        Shell.Run(
            $"{Client} -F none -i {key} -o UserKnownHostsFile={context["known"]} -o StrictHostKeyChecking=yes -o BatchMode=yes -o ConnectTimeout=20 "
            + $"-o KexAlgorithms=curve25519-sha256 -c chacha20-poly1305@openssh.com root@{address} "
            + $"'tee /root/by-ssh' <{context["sent"]} >{context["got"]}");
        double seconds = clock.Elapsed.TotalSeconds;
        string sum = Convert.ToHexStringLower(SHA256.HashData(data));
        Check.Equal(sum, DiskFile.Sum(context["got"]), "what came back by ssh");
        Check.Equal(sum, guest.Run("sha256sum </root/by-ssh | cut -d' ' -f1"), "what ssh brought to the guest");
        guest.Run("systemctl stop ssh; rm -r /root/.ssh /root/by-ssh");
        return seconds;
    }
}
