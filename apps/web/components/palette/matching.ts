/** Which entries of the palette a text means, in either language. */
export type Worded = { words: string; also?: string };

/** Other names of the field's things and acts, in both languages, by the key of what they mean. */
export const synonyms: Readonly<Record<string, string>> = {
  overview: "home dashboard 개요 대시보드",
  activity: "events history log 활동 이벤트 기록",
  instances: "vm virtual machine server compute nova 가상머신 가상 머신 서버 인스턴스",
  images: "template iso glance os 이미지 템플릿 운영체제",
  keyPairs: "ssh key public key SSH 키 공개 키 키페어",
  volumes: "disk block storage cinder 디스크 볼륨 스토리지",
  volumeSnapshots: "snapshot backup 스냅샷 스냅숏 백업",
  topology: "map diagram 토폴로지 지도",
  networks: "subnet vpc neutron lan 네트워크 서브넷",
  routers: "gateway nat 라우터 게이트웨이",
  floatingIps: "public ip external ip elastic ip eip 공인 IP 유동 IP 외부 IP",
  ports: "nic interface mac 포트 인터페이스 랜카드",
  securityGroups: "firewall rule acl 방화벽 보안 그룹 규칙",
  members: "people users roles team 구성원 역할 사람 팀",
  quotaUsage: "quota limit usage 할당량 쿼터 한도 사용량",
  apiAccess: "api token application credential clouds.yaml 토큰 자격 증명",
  hypervisors: "host node compute server 하이퍼바이저 호스트 노드",
  flavors: "size type instance type 플레이버 크기 사양",
  audit: "audit log trail 감사 로그",
  requests: "quota request 할당량 요청",
  launch: "create vm new instance launch server 만들기 시작 새 인스턴스 가상머신 생성",
  account: "profile password two factor 계정 비밀번호 2단계",
  console: "vnc serial screen terminal 콘솔 화면 터미널",
  start: "power on boot 시작 켜기",
  stop: "power off shut down 중지 끄기 종료",
  reboot: "restart 재부팅 재시작",
  hardReboot: "force restart reset 강제 재부팅",
  rename: "name 이름 바꾸기",
  protect: "lock 삭제 보호 잠금",
  image: "snapshot template 이미지 만들기",
  delete: "remove destroy terminate 삭제 제거",
  restore: "undelete 복원 되살리기",
  light: "theme bright 밝은 테마",
  dark: "theme night 어두운 다크 테마",
  language: "english korean 한국어 영어 언어 language",
  keys: "shortcuts keyboard help 단축키 키보드 도움말",
  signOut: "log out logout 로그아웃 나가기",
};

const plain = (text: string) => text.normalize("NFC").toLowerCase().trim();

/** True when every word of the text begins or stands in a word of the entry. */
export function isMeant({ words, also = "" }: Worded, text: string): boolean {
  const known = plain(`${words} ${also}`);
  return plain(text)
    .split(/\s+/)
    .every((part) => known.includes(part));
}

/** What the text says in full first: "web 삭제" deletes, and does not turn the protection from deleting on. */
export function fullestFirst<Entry extends Worded>(entries: readonly Entry[], text: string): Entry[] {
  const said = plain(text).split(/\s+/);
  const isFull = ({ words }: Entry) =>
    plain(words)
      .split(/\s+/)
      .every((word) => said.includes(word));
  return entries.toSorted((one, other) => Number(isFull(other)) - Number(isFull(one)));
}

/**
 * "web stop" asks for an act on what is called "web": the words that name one of the acts are left out, where any
 * other is left.
 */
export function nameIn(text: string, acts: readonly Worded[]): string {
  const parts = text.normalize("NFC").trim().split(/\s+/);
  const isAct = (part: string) =>
    plain(part).length > 1 &&
    acts.some(({ words, also = "" }) => plain(`${words} ${also}`).split(/\s+/).includes(plain(part)));
  const rest = parts.filter((part) => !isAct(part));
  return rest.length > 0 ? rest.join(" ") : parts.join(" ");
}
